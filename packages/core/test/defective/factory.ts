/** A sound sink factory, and the same with one defect each. */
import { CrossCheck, Option, TributaryError, defineModule } from "@tributary/core";
import type { OptionFault, SinkFactory, SinkFactoryContext, TableSink } from "@tributary/core";
import { CollectingSink } from "@tributary/core/testing";
import type { FactoryHarness } from "@tributary/core/testing";

export type FactoryDefect =
  | "accepts a bad value"
  | "creates a promise"
  | "crashes when an option is missing"
  | "gives the same sink twice"
  | "gives an example that it refuses"
  | "has an option without documentation"
  | "leaks a secret"
  | "refuses its own options"
  | "starts a timer in create"
  | "takes any key";

/** Options of the sink `acme`. */
class AcmeOptions {
  @Option({ key: "acme.url", type: "string", required: true, summary: "Where Acme is.", example: "acme://x" })
  readonly url!: string;

  @Option({ key: "acme.password", type: "string", required: true, summary: "The password.", example: "..." })
  readonly password!: string;

  @Option({ key: "acme.pause", type: "duration", summary: "How long to wait.", example: "10 s" })
  readonly pauseMs: number = 1_000;

  @Option({ key: "acme.labels", type: "map", summary: "Labels of each order.", example: "a:b" })
  readonly labels: ReadonlyMap<string, string> = new Map();

  @Option({ key: "acme.level", type: "int", summary: "How hard to try, 1 or more." })
  readonly level: number = 1;

  @CrossCheck()
  checkLevel(): readonly OptionFault[] {
    return this.level >= 1
      ? []
      : [{ key: "acme.level", message: `'acme.level' is ${this.level}; 1 is the least.` }];
  }
}

class LaxOptions extends AcmeOptions {
  override checkLevel(): readonly OptionFault[] {
    return [];
  }
}

class UndocumentedOptions extends AcmeOptions {
  @Option({ key: "acme.speed", type: "int", summary: " " })
  readonly speed: number = 1;
}

class BadExampleOptions extends AcmeOptions {
  @Option({ key: "acme.grace", type: "duration", summary: "How long to hope.", example: "a while" })
  readonly graceMs?: number;
}

/** Needs an option that it does not mark as required. */
class UnmarkedOptions extends AcmeOptions {
  @Option({ key: "acme.region", type: "string", summary: "Where to go.", example: "north" })
  readonly region!: string;
}

/** Options that a defect asks for. */
const OPTIONS: Partial<Record<FactoryDefect, new () => AcmeOptions>> = {
  "accepts a bad value": LaxOptions,
  "crashes when an option is missing": UnmarkedOptions,
  "gives an example that it refuses": BadExampleOptions,
  "has an option without documentation": UndocumentedOptions,
};

const SHARED: TableSink = { sink: new CollectingSink(), supportsPartitions: false };

function acme(defect: FactoryDefect | undefined): SinkFactory<AcmeOptions> {
  return {
    role: "sink",
    identifier: "acme",
    provides: "Sink",
    options: (defect && OPTIONS[defect]) ?? AcmeOptions,
    format: "required",
    metadata: [],
    ...(defect === "takes any key" && { exemptPrefixes: [""] }),
    create(options: AcmeOptions, context: SinkFactoryContext): TableSink {
      if (defect === "leaks a secret") {
        const message = `Logging in with '${options.password}'.`;
        context.report({ severity: "info", code: "OPTION_IGNORED", message });
      }
      if (defect === "refuses its own options") {
        throw new TributaryError({ severity: "error", code: "OPTION_CONFLICT", message: "No." });
      }
      if (options instanceof UnmarkedOptions) context.logger.debug(options.region.toUpperCase());
      if (defect === "starts a timer in create") setTimeout(() => {}, 1_000);
      if (defect === "creates a promise") return Promise.resolve(SHARED) as unknown as TableSink;
      return defect === "gives the same sink twice"
        ? SHARED
        : { sink: new CollectingSink(), supportsPartitions: false };
    },
  };
}

export function acmeHarness(defect?: FactoryDefect): FactoryHarness {
  return {
    role: "sink",
    identifier: "acme",
    modules: [defineModule({ name: "acme", version: "1.0.0", factories: [acme(defect)] })],
    options: {
      "acme.url": "acme://orders",
      "acme.password": "open sesame",
      ...(defect === "crashes when an option is missing" && { "acme.region": "north" }),
    },
    invalid: { "acme.level": "0" },
  };
}
