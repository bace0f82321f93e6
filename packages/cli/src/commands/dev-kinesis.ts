import { TributaryError, type Diagnostic } from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";
import type { Command } from "../command-line/command.js";
import { portOption } from "../command-line/port-option.js";
import { waitForInterrupt } from "../job/signals.js";

interface StreamSpec {
  readonly name: string;
  readonly shards: number;
}

/** Most shards that one stream may be created with here. */
const SHARDS_MAX = 1000;

function parseStreams(values: readonly string[], faults: Diagnostic[]): readonly StreamSpec[] {
  const seen = new Set<string>();
  return values.flatMap((value) => {
    const [, name, count] = /^([a-zA-Z0-9_.-]{1,128})(?::([0-9]{1,4}))?$/.exec(value) ?? [];
    const shards = Number(count ?? 1);
    if (name === undefined || shards < 1 || shards > SHARDS_MAX) {
      faults.push(
        commandInvalid(`--stream '${value}' is not NAME:SHARDS`, { hint: "for example --stream clicks:4" }),
      );
      return [];
    }
    if (seen.has(name)) {
      faults.push(commandInvalid(`--stream '${name}' is given twice`, { hint: "name each stream once" }));
    }
    seen.add(name);
    return [{ name, shards }];
  });
}

/** `tributary dev kinesis`: the embedded Kinesis until interrupted. */
export const devKinesis: Command = {
  path: ["dev", "kinesis"],
  summary: "run an embedded Kinesis for development",
  operands: [],
  options: [
    { name: "port", value: "N", summary: "port to listen on (default: a free one)" },
    { name: "stream", value: "NAME:SHARDS", isRepeatable: true, summary: "create a stream" },
    { name: "data", value: "DIR", summary: "keep streams and records in DIR over a restart" },
  ],
  async run(invocation) {
    const { values, value, terminal } = invocation;
    const faults: Diagnostic[] = [];
    const streams = parseStreams(values("stream"), faults);
    const port = portOption("port", invocation, faults) ?? 0;
    if (faults.length > 0) throw new TributaryError(faults);
    const dataDirectory = value("data");

    const { KinesisEmulatorError, startKinesisEmulator } = await import("@tributary/kinesis-emulator");
    const emulator = await startKinesisEmulator({
      port,
      ...(dataDirectory === undefined ? {} : { dataDirectory }),
    }).catch((error: unknown) => {
      if (!(error instanceof KinesisEmulatorError)) throw error;
      throw new TributaryError(commandInvalid(error.message, { hint: "see tributary dev kinesis --help" }), {
        cause: error,
      });
    });
    for (const { name, shards } of streams) {
      await emulator.createStream(name, shards).catch((error: Error) => {
        // Kept in the data directory from an earlier run.
        if (error.name !== "ResourceInUseException") throw error;
      });
    }

    if (terminal.isJson) {
      terminal.printJson({ event: "ready", endpoint: emulator.endpoint, environment: emulator.environment });
    } else {
      terminal.print(`Kinesis is ready at ${emulator.endpoint}`);
      for (const { name } of streams) terminal.print(`  ${emulator.streamArn(name)}`);
      terminal.print("Use it with:");
      for (const [key, text] of Object.entries(emulator.environment))
        terminal.print(`  export ${key}=${text}`);
      terminal.print("ctrl-C ends it.");
    }
    await waitForInterrupt();
    await emulator.close();
    return 130;
  },
};
