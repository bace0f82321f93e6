/** A sound format, one line of canonical JSON a row, and the same with one defect each. */
import { TributaryError, printType, rowFromCanonicalJson, rowToCanonicalJson } from "@tributary/core";
import type {
  Decoder,
  DecodingFormat,
  EncodingFormat,
  FormatContext,
  LogicalType,
  Row,
} from "@tributary/core";
import type { FormatHarness } from "@tributary/core/testing";

export type FormatDefect =
  | "accepts types that it cannot carry"
  | "changes the messages"
  | "crashes on bad bytes"
  | "crashes on a message that ends early"
  | "crashes on a message without body"
  | "drops the row behind a malformed one"
  | "gives a value of another type in wide rows"
  | "loses nulls"
  | "loses nulls in arrays"
  | "names only the first column that it cannot carry"
  | "rounds large numbers"
  | "uses its rows again";

const UNSUPPORTED: ReadonlySet<LogicalType["kind"]> = new Set(["RAW", "TIMESTAMP_TZ"]);

class LineFormat implements DecodingFormat, EncodingFormat {
  readonly changelog = ["+I"] as const;
  readonly #defect: FormatDefect | undefined;

  constructor(defect: FormatDefect | undefined) {
    this.#defect = defect;
  }

  createDecoder(context: FormatContext): Decoder {
    this.#check(context);
    const rows: Record<string, unknown>[] = [];
    return {
      decode: (messages, output) => {
        let isBehindFault = false;
        for (const [index, message] of messages.entries()) {
          if (message === null || message.length === 0) {
            if (this.#defect === "crashes on a message without body") throw new TypeError("no body");
            continue;
          }
          const row = this.#read(message, context);
          if (row === undefined) output.malformed(index, { reason: "it is no line of JSON" });
          else if (!isBehindFault || this.#defect !== "drops the row behind a malformed one") {
            output.row(
              index,
              this.#defect === "uses its rows again" ? Object.assign((rows[index] ??= {}), row) : row,
            );
          }
          isBehindFault = row === undefined;
        }
      },
    };
  }

  #read(message: Uint8Array, { rowType }: FormatContext): Row | undefined {
    const text = Buffer.from(message).toString();
    if (this.#defect === "crashes on bad bytes" && message.includes(0xff)) throw new TypeError("bad byte");
    if (this.#defect === "crashes on a message that ends early" && text === '{"a"')
      throw new TypeError("end");
    if (this.#defect === "changes the messages") message.fill(32);
    try {
      const row = rowFromCanonicalJson(text, rowType);
      if (this.#defect !== "gives a value of another type in wide rows" || rowType.fields.length < 3)
        return row;
      return Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value === true ? 1 : value]),
      );
    } catch {
      return undefined;
    }
  }

  createEncoder(context: FormatContext) {
    this.#check(context);
    const { rowType } = context;
    return {
      encode: (rows: readonly Row[]) =>
        rows.map((row) => {
          const values = rowType.fields.map(
            ({ name, type }) => [name, this.#written(row[name], type)] as const,
          );
          return Buffer.from(rowToCanonicalJson(Object.fromEntries(values), rowType));
        }),
    };
  }

  #written(value: unknown, { kind }: LogicalType): unknown {
    if (value === null && kind === "BIGINT" && this.#defect === "loses nulls") return 0n;
    if (
      typeof value === "bigint" &&
      value > 1000n &&
      kind === "BIGINT" &&
      this.#defect === "rounds large numbers"
    )
      return (value / 10n) * 10n;
    if (Array.isArray(value) && this.#defect === "loses nulls in arrays") {
      return value.map((one: unknown) => one ?? 0);
    }
    return value;
  }

  #check({ rowType }: FormatContext): void {
    if (this.#defect === "accepts types that it cannot carry") return;
    const bad = rowType.fields.filter(({ type }) => UNSUPPORTED.has(type.kind));
    if (this.#defect === "names only the first column that it cannot carry") bad.splice(1);
    if (bad.length === 0) return;
    throw new TributaryError(
      bad.map(({ name, type }) => ({
        severity: "error",
        code: "SCHEMA_INVALID",
        message: `A line cannot carry the column '${name}' of ${printType(type)}.`,
        columnName: name,
      })),
    );
  }
}

const TYPES = [
  "BOOLEAN",
  "TINYINT",
  "SMALLINT",
  "INT",
  "BIGINT",
  "FLOAT",
  "DOUBLE",
  "DECIMAL(10, 2)",
  "CHAR(3)",
  "STRING",
  "BINARY(4)",
  "BYTES",
  "DATE",
  "TIME(3)",
  "TIMESTAMP(9)",
  "TIMESTAMP_LTZ(3)",
  "INTERVAL YEAR TO MONTH",
  "INTERVAL DAY TO SECOND(3)",
  "ARRAY<INT>",
  "MAP<STRING, INT>",
  "MULTISET<STRING>",
  "ROW<x INT, y STRING>",
];

export function lineHarness(defect?: FormatDefect): FormatHarness {
  return {
    name: "line",
    decoding: () => new LineFormat(defect),
    encoding: () => new LineFormat(defect),
    types: TYPES,
    unsupported: ["TIMESTAMP(3) WITH TIME ZONE", "RAW('java.lang.Object', 'AAE=')"],
    malformed: ["no JSON", '{"a":'],
  };
}
