/**
 * The emulator as a process of its own: options as JSON in the first argument, one line of JSON on standard output
 * when it answers (`{"endpoint":...}`) or has failed (`{"error":...}`). With the second argument `attached` it ends
 * when its standard input does, that is, with its parent, however that ends.
 */
import { KinesisEmulatorError } from "../errors.js";
import { startKinesisEmulator } from "../emulator.js";
import type { KinesisEmulatorOptions } from "../options.js";

const [optionsText = "{}", mode] = process.argv.slice(2);

try {
  const emulator = await startKinesisEmulator(JSON.parse(optionsText) as KinesisEmulatorOptions);
  const stop = (): void => {
    void emulator.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  if (mode === "attached") {
    process.stdin.on("end", stop);
    process.stdin.on("error", stop);
    process.stdin.resume();
  }
  process.stdout.write(
    `${JSON.stringify({ endpoint: emulator.endpoint, environment: emulator.environment })}\n`,
  );
} catch (error) {
  const code = error instanceof KinesisEmulatorError ? error.code : "START_FAILED";
  const message = error instanceof Error ? error.message : String(error);
  process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  process.exitCode = 1;
}
