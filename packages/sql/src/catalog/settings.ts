/** SET and RESET: the settings of a script, checked where we know them. After Apache Flink, "Configuration". */
import type { Diagnostic } from "@tributary/core";
import { TributaryError, maskSecrets, parseDuration, timeZone } from "@tributary/core";
import type { Faults } from "../binder/faults.js";
import { near } from "../binder/faults.js";
import type { Span } from "../parser/ast.js";

/** What is wrong with a value, as a sentence, and what would have been accepted. */
type Check = (value: string) => Pick<Diagnostic, "message" | "candidates" | "hint"> | undefined;

function oneOf(...values: readonly string[]): Check {
  return (value) =>
    values.includes(value.toUpperCase())
      ? undefined
      : { message: `'${value}' is not one of ${values.join(", ")}.`, candidates: near(value, values) };
}

const duration: Check = (value) => {
  const parsed = parseDuration(value);
  return parsed.ok
    ? undefined
    : { message: `'${value}' ${parsed.reason}.`, hint: `Expected is ${parsed.expected}.` };
};

const parallelism: Check = (value) =>
  /^[1-9]\d{0,2}$/.test(value) && Number(value) <= 128
    ? undefined
    : { message: `'${value}' is not a whole number from 1 to 128.` };

const zone: Check = (value) => {
  try {
    timeZone(value);
    return undefined;
  } catch (error) {
    if (!TributaryError.is(error)) throw error;
    const [{ message, hint }] = error.diagnostics as readonly [Diagnostic];
    return hint === undefined ? { message } : { message, hint };
  }
};

const anything: Check = () => undefined;

const CHECKS: Readonly<Record<string, Check>> = {
  "table.local-time-zone": zone,
  "pipeline.name": anything,
  "execution.runtime-mode": oneOf("STREAMING", "BATCH", "AUTOMATIC"),
  "table.exec.sink.not-null-enforcer": oneOf("ERROR", "DROP"),
  "pipeline.auto-watermark-interval": duration,
  "execution.checkpointing.interval": duration,
  "parallelism.default": parallelism,
  "tributary.modules": anything,
  "security.redaction.additional-keys": anything,
  // Of the credentials provider SYS_PROP of Kinesis tables.
  "aws.accessKeyId": anything,
  "aws.secretAccessKey": anything,
  "aws.sessionToken": anything,
};

/** Keys that have an effect here. @public */
export const KNOWN_SETTINGS: readonly string[] = Object.keys(CHECKS);

/** What `security.redaction.additional-keys` lists, parted by `;`. @public */
export function redactionKeys(settings: ReadonlyMap<string, string>): readonly string[] {
  return (settings.get("security.redaction.additional-keys") ?? "")
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

export class Settings {
  readonly #values: Map<string, string>;

  constructor(initial: ReadonlyMap<string, string>) {
    this.#values = new Map(initial);
  }

  get values(): ReadonlyMap<string, string> {
    return new Map(this.#values);
  }

  /** The session's time zone; `UTC` unless set. */
  get timeZone(): string {
    return this.#values.get("table.local-time-zone") ?? "UTC";
  }

  get notNullEnforcer(): "error" | "drop" {
    return this.#values.get("table.exec.sink.not-null-enforcer")?.toUpperCase() === "DROP" ? "drop" : "error";
  }

  /** Further parts of keys that make an option's value secret. */
  get redactionKeys(): readonly string[] {
    return redactionKeys(this.#values);
  }

  /** Keeps a value; one that is wrong is reported and not kept, an unknown key is kept with a warning. */
  set(key: string, value: string, span: Span | undefined, faults: Faults): void {
    const place = span === undefined ? {} : faults.place(span);
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
    const wrong = check?.(value);
    if (wrong !== undefined) {
      const { message, ...details } = wrong;
      faults.add([
        {
          severity: "error",
          code: "OPTION_INVALID",
          message: `The setting '${key}': ${message}`,
          ...place,
          option: key,
          value,
          ...details,
        },
      ]);
      return;
    }
    this.#values.set(key, value);
    if (check === undefined)
      faults.add([
        {
          severity: "warning",
          code: "OPTION_IGNORED",
          message: `The setting '${key}' has no effect on the embedded runner.`,
          ...place,
          option: key,
          value: maskSecrets(key, value, this.redactionKeys),
          candidates: near(key, KNOWN_SETTINGS),
        },
      ]);
  }

  reset(key: string | undefined): void {
    if (key === undefined) this.#values.clear();
    else this.#values.delete(key);
  }
}
