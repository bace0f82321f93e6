import type { Decoder } from "../../../connector/format.js";
import { TributaryError } from "../../../diagnostics/error.js";
import type { Row, RowType } from "../../../types/logical-type.js";
import { rowFactory } from "../../../types/rows/row-factory.js";
import { Mismatch, conformanceCase, describeError, expect, listed, shortened } from "../conformance-case.js";
import type { ConformanceCase, Subject } from "../conformance-case.js";
import type { ConformanceRule } from "../rules.js";
import { SeededRandom } from "../seeded-random.js";
import { collect, expectSoundRows, formatServices } from "./decoded-batch.js";
import type { DecodedBatch, Message } from "./decoded-batch.js";
import { describeMessage, describeRow } from "./describe-value.js";
import type { FormatHarness } from "./format-harness.js";
import { anyMessage, columns, nullPattern } from "./test-data.js";
import { generateValue } from "./value-generator.js";

const ROWS = 60;
const TABLE = "conformance";
/** Batches of arbitrary bytes tried. */
const ARBITRARY_BATCHES = 200;
/** Rows whose messages are cut at every place. */
const CUT_ROWS = 12;

/**
 * The cases of a format.
 *
 * @example
 * for (const one of formatConformance({ name: "acme", decoding, encoding, types: ["BIGINT", "STRING"] })) {
 *   test(one.name, (t) => t.notThrowsAsync(one.run()));
 * }
 * @public
 */
export function formatConformance(harness: FormatHarness): readonly ConformanceCase[] {
  return [...new FormatCases(harness).all()];
}

class FormatCases {
  readonly #harness: FormatHarness;
  readonly #subject: Subject;
  readonly #rows: number;

  constructor(harness: FormatHarness) {
    this.#harness = harness;
    this.#subject = { group: "format", name: harness.name };
    this.#rows = harness.rows ?? ROWS;
  }

  *all(): Generator<ConformanceCase> {
    const { decoding, encoding, malformed, types, unsupported } = this.#harness;
    if (decoding !== undefined && encoding !== undefined) {
      for (const type of types) yield this.#roundTrip(type);
      yield this.#nulls();
      yield this.#truncated();
      yield this.#stateless();
      if (malformed !== undefined && malformed.length > 0) yield this.#neighbours(malformed);
    }
    if (decoding !== undefined) {
      yield this.#anyBytes();
      yield this.#noBody();
    }
    if (unsupported !== undefined && unsupported.length > 0) yield* this.#unsupported(unsupported);
  }

  #case(rule: ConformanceRule, fact: string, check: () => void | Promise<void>): ConformanceCase {
    return conformanceCase(this.#subject, rule, fact, async () => check());
  }

  #roundTrip(type: string): ConformanceCase {
    return this.#case("format-round-trip", `rows of ${type} come back as they were`, async () => {
      const rowType = columns([type, type]);
      const rows = this.#generate(rowType, { columnNulls: false });
      this.#expectSame(rowType, rows, await this.#decode(rowType, await this.#encode(rowType, rows)));
    });
  }

  #nulls(): ConformanceCase {
    const { nulls = "kept", types, typesWithoutNull = [] } = this.#harness;
    const fact = nulls === "kept" ? "NULL comes back as NULL in every type" : "NULL is refused in every type";
    return this.#case("format-nulls", fact, async () => {
      for (const type of types.filter((one) => !typesWithoutNull.includes(one))) {
        const rowType = columns([type, type]);
        const rows = this.#generate(rowType, { columnNulls: true });
        if (nulls === "refused") await this.#expectRefused(rowType, type);
        else {
          const decoded = await this.#decode(rowType, await this.#encode(rowType, rows));
          expectEqual(
            rows.map(nullPattern),
            decoded.rows.map(({ row }) => nullPattern(row)),
            `NULL in columns of ${type} where it was written`,
          );
        }
      }
    });
  }

  async #expectRefused(rowType: RowType, type: string): Promise<void> {
    const error = await this.#encode(rowType, [{ a: null, b: null }]).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const isRefused = TributaryError.is(error, "RECORD_MALFORMED");
    expect(isRefused, `RECORD_MALFORMED for NULL in a column of ${type}`, () =>
      error === undefined ? "it was written" : describeError(error),
    );
  }

  #anyBytes(): ConformanceCase {
    return this.#case("format-any-bytes", "any bytes become rows or malformed messages", async () => {
      const random = new SeededRandom(this.#seed);
      const rowType = columns(this.#harness.types);
      const seeds =
        this.#harness.encoding === undefined
          ? []
          : await this.#encode(rowType, this.#generate(rowType, { columnNulls: false }));
      for (let batch = 0; batch < ARBITRARY_BATCHES; batch++) {
        await this.#expectTaken(
          rowType,
          Array.from({ length: random.between(1, 4) }, () => anyMessage(random, seeds)),
        );
      }
    });
  }

  #truncated(): ConformanceCase {
    return this.#case(
      "format-truncated",
      "a message that is cut anywhere becomes a row or malformed",
      async () => {
        const rowType = columns(this.#harness.types);
        const rows = this.#generate(rowType, { columnNulls: false }).slice(0, CUT_ROWS);
        for (const message of await this.#encode(rowType, rows)) {
          for (let end = 1; end < (message?.length ?? 0); end++) {
            await this.#expectTaken(rowType, [(message as Uint8Array).subarray(0, end)]);
          }
        }
      },
    );
  }

  #noBody(): ConformanceCase {
    return this.#case("format-no-body", "a message without body is taken", async () => {
      const rowType = columns(this.#harness.types);
      for (const messages of [[null], [new Uint8Array(0)], [null, new Uint8Array(0), null]]) {
        await this.#expectTaken(rowType, messages);
      }
    });
  }

  #neighbours(malformed: readonly (string | Uint8Array)[]): ConformanceCase {
    return this.#case("format-neighbours", "a malformed message leaves those around it alone", async () => {
      const rowType = columns(["BIGINT", "STRING"]);
      const rows = [
        { a: 1n, b: "one" },
        { a: 2n, b: "two" },
      ];
      for (const message of malformed) {
        const [first = null, last = null] = await this.#encode(rowType, rows);
        const bytes = typeof message === "string" ? Buffer.from(message) : message;
        const decoded = await this.#decode(rowType, [first, bytes, last]);
        const shown = shortened(describeMessage(bytes));
        expect(
          decoded.faults.length === 1 && decoded.faults[0]?.index === 1,
          `the message ${shown} reported as malformed or skipped under its index 1`,
          () =>
            `faults at [${decoded.faults.map(({ index }) => index).join(", ")}], rows at [${decoded.rows.map(({ index }) => index).join(", ")}]`,
        );
        expect(decoded.faults[0]?.reason.trim() !== "", `a reason for ${shown}`, () => "an empty text");
        const around = decoded.rows.map(({ index, row }) => `${index}: ${describeRow(row, rowType)}`);
        const expected = rows.map((row, index) => `${index * 2}: ${describeRow(row, rowType)}`);
        expect(
          around.join() === expected.join(),
          `the rows ${expected.join(" and ")} around it`,
          () => around.join(" and ") || "no row",
        );
      }
    });
  }

  #stateless(): ConformanceCase {
    return this.#case("format-stateless", "batches have nothing to do with each other", async () => {
      const rowType = columns(this.#harness.types);
      const rows = this.#generate(rowType, { columnNulls: false });
      const before = rows.map((row) => describeRow(row, rowType));
      const messages = await this.#encode(rowType, rows);
      const copies = messages.map((message) => (message === null ? null : Uint8Array.from(message)));
      expectEqual(
        before,
        rows.map((row) => describeRow(row, rowType)),
        "rows as they were before encode",
      );
      const decoder = this.#decoder(rowType);
      const first = await collect(decoder, messages);
      expectEqual(
        copies.map(describeMessage),
        messages.map(describeMessage),
        "messages as they were before decode",
      );
      const firstTexts = first.rows.map(({ row }) => describeRow(row, rowType));
      const second = await collect(decoder, messages.toReversed());
      const secondTexts = second.rows.map(({ row }) => describeRow(row, rowType)).toReversed();
      expectEqual(firstTexts, secondTexts, "the same rows when the batch is decoded again in reverse");
      const firstAgain = first.rows.map(({ row }) => describeRow(row, rowType));
      expectEqual(firstTexts, firstAgain, "rows of the first batch as they were handed over");
    });
  }

  *#unsupported(unsupported: readonly string[]): Generator<ConformanceCase> {
    const { decoding, encoding } = this.#harness;
    const makers: readonly (readonly [what: string, make: ((rowType: RowType) => unknown) | undefined])[] = [
      ["decoder", decoding && ((rowType) => this.#decoder(rowType))],
      [
        "encoder",
        encoding && ((rowType) => this.#harness.encoding?.().createEncoder({ table: TABLE, rowType })),
      ],
    ];
    yield this.#case("format-unsupported", "columns that cannot be carried are refused by name", () => {
      const [good = "STRING"] = this.#harness.types;
      for (const type of unsupported) {
        // Two of them around a good one: all faults are told at once.
        const rowType = columns([type, good, type]);
        for (const [what, make] of makers) {
          if (make === undefined) continue;
          const error = thrown(() => make(rowType));
          const expected = `SCHEMA_INVALID from create${what === "decoder" ? "Decoder" : "Encoder"} for the columns a and c of ${type}`;
          expect(TributaryError.is(error, "SCHEMA_INVALID"), expected, () =>
            error === undefined ? "they were accepted" : describeError(error),
          );
          const named = error.diagnostics.map(({ columnName }) => String(columnName)).join(", ");
          expect(named === "a, c", `${expected}, one diagnostic each`, () => `diagnostics for: ${named}`);
        }
      }
    });
  }

  get #seed(): number {
    return this.#harness.seed ?? 1;
  }

  #generate(rowType: RowType, { columnNulls }: { readonly columnNulls: boolean }): readonly Row[] {
    const random = new SeededRandom(this.#seed);
    const makeRow = rowFactory(rowType.fields.map(({ name }) => name));
    const { nulls = "kept", nestedNulls = nulls === "kept" ? "kept" : "none" } = this.#harness;
    return Array.from({ length: this.#rows }, () =>
      makeRow(
        rowType.fields.map(({ type }) =>
          columnNulls && type.nullable && random.next() < 0.5
            ? null
            : generateValue(type, random, nestedNulls === "kept"),
        ),
      ),
    );
  }

  async #encode(rowType: RowType, rows: readonly Row[]): Promise<readonly Message[]> {
    const context = { table: TABLE, rowType };
    const encoding = this.#harness.encoding?.();
    const encoder = encoding?.createEncoder(context);
    await encoding?.prepare?.(context, formatServices());
    const messages = encoder?.encode(rows) ?? [];
    expect(
      messages.length === rows.length,
      `${rows.length} payloads for ${rows.length} rows`,
      () => `${messages.length}`,
    );
    return messages;
  }

  #decoder(rowType: RowType): Decoder {
    const decoder = this.#harness.decoding?.().createDecoder({ table: TABLE, rowType });
    if (decoder === undefined) throw new Mismatch("a decoder", "createDecoder returned nothing");
    return decoder;
  }

  #decode(rowType: RowType, messages: readonly Message[]): Promise<DecodedBatch> {
    return collect(this.#decoder(rowType), messages);
  }

  #expectSame(rowType: RowType, rows: readonly Row[], decoded: DecodedBatch): void {
    expect(decoded.faults.length === 0, "every message decoded", () => {
      const { index = 0, reason = "" } = decoded.faults[0] ?? {};
      return `row ${describeRow(rows[index] as Row, rowType)}: ${reason}`;
    });
    expectEqual(
      rows.map((row, index) => `${index}: ${describeRow(row, rowType)}`),
      decoded.rows.map(({ index, row }) => `${index}: ${describeRow(row, rowType)}`),
      "the rows that were encoded",
    );
    expectSoundRows(decoded, rowType);
  }

  /** Rows or faults, and each of them for a message that is there. */
  async #expectTaken(rowType: RowType, messages: readonly Message[]): Promise<void> {
    const shown = (): string => messages.map((message) => shortened(describeMessage(message))).join(", ");
    let decoded: DecodedBatch;
    try {
      decoded = await this.#decode(rowType, messages);
    } catch (error) {
      throw new Mismatch(
        `rows or malformed messages for ${shown()}`,
        `decode threw ${describeError(error)}`,
        error,
      );
    }
    for (const { index } of [...decoded.rows, ...decoded.faults]) {
      expect(
        Number.isInteger(index) && index >= 0 && index < messages.length,
        `an index from 0 to ${messages.length - 1} for ${shown()}`,
        () => `${index}`,
      );
    }
    expectSoundRows(decoded, rowType);
  }
}

function expectEqual(expected: readonly string[], actual: readonly string[], what: string): void {
  const at = expected.findIndex((text, index) => text !== actual[index]);
  if (at < 0 && expected.length === actual.length) return;
  const place = at < 0 ? expected.length : at;
  throw new Mismatch(
    `${what}: ${listed([expected[place] ?? "nothing more"])}`,
    listed([actual[place] ?? "nothing more"]),
  );
}

function thrown(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
