/**
 * Feeds a format with messages that are near valid ones, or nothing at all, and looks whether every one of them ends in
 * rows or in a fault that says what is wrong: no exception, no value of another type than the column's, nothing that
 * outlives the message.
 */
import { createHash } from "node:crypto";
import { rowToCanonicalJson, TributaryError } from "@tributary/core";
import type { Decoder, DecodeOutput, MalformedRecord, Row } from "@tributary/core";
import { nextInput } from "./mutations.js";
import { Random } from "./random.js";
import { randomRow } from "./random-rows.js";
import { SERVICES } from "./subjects.js";
import type { Subject } from "./subjects.js";

const VALID_MESSAGES = 64;
const BATCH = 100;
/** A batch that takes longer hangs, or soon will. */
const BATCH_MS_MAX = 5_000;
/** Of so many rows one is written and read again. */
const AGAIN = 8;
const REASON_CHARACTERS_MAX = 1_000;

export interface FuzzReport {
  readonly inputs: number;
  readonly rows: number;
  /** Malformed and skipped ones. */
  readonly refused: number;
  /** Of everything that came out: two runs of one seed agree in it. */
  readonly digest: string;
  /** What must not be, each with the input that shows it. */
  readonly faults: readonly string[];
}

const PROTOTYPES: readonly object[] = [Object.prototype, Array.prototype, Map.prototype, String.prototype];
const namesOnPrototypes = (): string => JSON.stringify(PROTOTYPES.map(Object.getOwnPropertyNames));

/** @param seed - the same gives the same inputs. */
export async function fuzz(subject: Subject, seed: number, count: number): Promise<FuzzReport> {
  return new FuzzRun(subject, seed).run(count);
}

class FuzzRun {
  readonly #subject: Subject;
  readonly #seed: number;
  readonly #decoder: Decoder;
  readonly #digest = createHash("sha256");
  readonly #faults: string[] = [];
  readonly #names: readonly string[];
  #rows = 0;
  #refused = 0;
  #batch: readonly Uint8Array[] = [];
  #first = 0;

  constructor(subject: Subject, seed: number) {
    this.#subject = subject;
    this.#seed = seed;
    this.#decoder = subject.decoding.createDecoder({ table: "t", rowType: subject.rowType });
    this.#names = subject.rowType.fields.map(({ name }) => name);
  }

  async run(count: number): Promise<FuzzReport> {
    const { name, setup } = this.#subject;
    const valid = await this.#validMessages();
    const tokens = setup.tokens.map(tokenBytes);
    const before = namesOnPrototypes();
    for (; this.#first < count; this.#first += BATCH) {
      this.#batch = Array.from({ length: Math.min(BATCH, count - this.#first) }, (_, index) =>
        nextInput(Random.of(this.#seed, name, this.#first + index), valid, tokens),
      );
      await this.#feed();
    }
    if (namesOnPrototypes() !== before) this.#faults.push(`${name}: a prototype was changed.`);
    return {
      inputs: count,
      rows: this.#rows,
      refused: this.#refused,
      digest: this.#digest.digest("hex").slice(0, 16),
      faults: this.#faults,
    };
  }

  async #validMessages(): Promise<Uint8Array[]> {
    const { encoding, rowType, name } = this.#subject;
    const random = Random.of(this.#seed, `${name}, valid messages`, 0);
    const context = { table: "t", rowType };
    await encoding.prepare?.(context, SERVICES);
    const encoder = encoding.createEncoder(context);
    const messages: Uint8Array[] = [];
    for (let tries = 0; tries < VALID_MESSAGES; tries++) {
      try {
        const [message] = encoder.encode([randomRow(random, rowType)]);
        if (message !== null && message !== undefined) messages.push(message);
      } catch (error) {
        // Not every format can write every row: a charset lacks characters.
        if (!TributaryError.is(error, "RECORD_MALFORMED")) throw error;
      }
    }
    return messages;
  }

  async #feed(): Promise<void> {
    const outcomes: string[][] = this.#batch.map(() => []);
    let start = 0;
    try {
      await this.#decoder.prepare?.(this.#batch, SERVICES);
      start = performance.now();
      this.#decoder.decode(this.#batch, this.#output(outcomes));
    } catch (error) {
      await this.#findCulprit(error);
      return;
    }
    const millis = performance.now() - start;
    if (millis > BATCH_MS_MAX) this.#fault(0, `its batch took ${Math.round(millis)} ms`);
    this.#digest.update(JSON.stringify(outcomes));
  }

  #output(outcomes: string[][]): DecodeOutput {
    const { isLenient } = this.#subject;
    const refuse = (index: number, fault: MalformedRecord, mark: string): void => {
      this.#refused++;
      outcomes[index]?.push(mark + JSON.stringify(fault));
      this.#checkFault(index, fault);
    };
    return {
      row: (index, row, kind) => {
        this.#rows++;
        outcomes[index]?.push(`${kind ?? ""}${this.#checkedRow(index, row)}`);
      },
      malformed: (index, fault) => {
        if (isLenient) this.#fault(index, "it was malformed, though errors are ignored");
        if (outcomes[index]?.length !== 0) this.#fault(index, "it gave rows and was malformed as well");
        refuse(index, fault, "!");
      },
      skipped: (index, fault) => {
        if (!isLenient) this.#fault(index, "it was skipped, though errors are not ignored");
        refuse(index, fault, "~");
      },
    };
  }

  /** A batch threw: which of its messages does so alone? */
  async #findCulprit(error: unknown): Promise<void> {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const outcomes: string[][] = this.#batch.map(() => []);
    for (const [index, message] of this.#batch.entries()) {
      try {
        await this.#decoder.prepare?.([message], SERVICES);
        this.#decoder.decode([message], this.#output(outcomes));
      } catch {
        this.#fault(index, `it threw ${text}`);
        return;
      }
    }
    this.#fault(0, `its batch, and none of the batch alone, threw ${text}`);
  }

  #checkFault(index: number, { reason, offset, column }: MalformedRecord): void {
    const length = this.#batch[index]?.length ?? 0;
    if (reason === "" || reason.length > REASON_CHARACTERS_MAX) {
      this.#fault(index, `its reason has ${reason.length} characters`);
    }
    // A message in UTF-16 or UTF-32 can be longer when it is read.
    if (offset !== undefined && !(offset >= 0 && offset <= length * 3)) {
      this.#fault(index, `its offset is ${offset}`);
    }
    if (column === "") this.#fault(index, "its column has no name");
  }

  /** The row as text, which also shows whether its values are what the columns' types say. */
  #checkedRow(index: number, row: Row): string {
    const { rowType, setup } = this.#subject;
    if (Object.getPrototypeOf(row) !== Object.prototype) this.#fault(index, "its row has another prototype");
    if (Object.keys(row).join("\0") !== this.#names.join("\0"))
      this.#fault(index, "its row has other fields");
    let text: string;
    try {
      text = rowToCanonicalJson(row, rowType);
    } catch (error) {
      this.#fault(index, `its row holds no values of the columns: ${String(error)}`);
      return "";
    }
    if (setup.isInvertible && this.#rows % AGAIN === 0) this.#readAgain(index, row, text);
    return text;
  }

  #readAgain(index: number, row: Row, text: string): void {
    const { rowType, encoding, decoding } = this.#subject;
    const context = { table: "t", rowType };
    let again = "";
    try {
      const messages = encoding.createEncoder(context).encode([row]);
      decoding.createDecoder(context).decode(messages, {
        row: (_, one) => {
          again = rowToCanonicalJson(one, rowType);
        },
        malformed: (_, fault) => {
          again = fault.reason;
        },
        skipped: (_, fault) => {
          again = fault.reason;
        },
      });
    } catch (error) {
      again = String(error);
    }
    if (again === text) return;
    let at = 0;
    while (text[at] === again[at]) at++;
    const part = (of: string): string => JSON.stringify(of.slice(Math.max(0, at - 40), at + 40));
    this.#fault(
      index,
      `its row, written and read again, is ...${part(again)}... where it was ...${part(text)}...`,
    );
  }

  #fault(index: number, what: string): void {
    if (this.#faults.length >= 10) return;
    const hex = Buffer.from(this.#batch[index] ?? []).toString("hex");
    this.#faults.push(
      `${this.#subject.name}, seed ${this.#seed}, input ${this.#first + index}: ${what}\n  0x${hex}`,
    );
  }
}

/** Characters up to U+00FF that are not ASCII stand for bytes; a token with others is UTF-8. */
function tokenBytes(token: string): Uint8Array {
  return Buffer.from(token, /[\u0100-\uffff]/.test(token) ? "utf8" : "latin1");
}
