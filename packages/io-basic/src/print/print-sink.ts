import { canonicalJsonWriter } from "@tributary/core";
import type { Row, RowType, Sink, SinkWriter, WriterContext } from "@tributary/core";
import { LineOutput } from "./line-output.js";
import type { TextStream } from "./line-output.js";

/** What is printed, and where. */
export interface PrintTarget {
  readonly rowType: RowType;
  readonly identifier: string | undefined;
  /** Asked for when the writer is made. */
  readonly stream: () => TextStream;
}

/** Prints each row as one line of canonical JSON. */
export class PrintSink implements Sink<Row> {
  readonly #target: PrintTarget;

  constructor(target: PrintTarget) {
    this.#target = target;
  }

  createWriter(context: WriterContext): Promise<SinkWriter<Row>> {
    const { rowType, identifier, stream } = this.#target;
    const prefix =
      identifier === undefined
        ? ""
        : context.parallelism > 1
          ? `${identifier}:${context.writerIndex + 1}> `
          : `${identifier}> `;
    return Promise.resolve(new PrintWriter(canonicalJsonWriter(rowType), prefix, new LineOutput(stream())));
  }
}

class PrintWriter implements SinkWriter<Row> {
  readonly #print: (row: Row) => string;
  readonly #prefix: string;
  readonly #output: LineOutput;

  constructor(print: (row: Row) => string, prefix: string, output: LineOutput) {
    this.#print = print;
    this.#prefix = prefix;
    this.#output = output;
  }

  write(rows: readonly Row[]): Promise<void> {
    if (this.#output.isClosed) return Promise.resolve();
    let text = "";
    for (const row of rows) text += `${this.#prefix}${this.#print(row)}\n`;
    return this.#output.write(text);
  }

  flush(): Promise<void> {
    return this.#output.flush();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
