import { TributaryError } from "@tributary/core";

/** What of a Node stream is needed here. */
export interface TextStream {
  /** @returns false if the caller should wait before it writes on. */
  write(text: string, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Codes of a stream whose other end went away: `tributary run ... | head` is no failure. */
const CLOSED_CODES: ReadonlySet<string> = new Set([
  "EPIPE",
  "EOF",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
]);

/** Streams that have a listener for errors; without one an error would end the process. One each, however many writers. */
const guarded = new WeakSet<TextStream>();

/** Writes texts to a stream and waits where the stream asks to. A closed pipe swallows what comes. */
export class LineOutput {
  readonly #stream: TextStream;
  #isClosed = false;
  #failure: Error | undefined;
  /** Settled when the last text is out; texts leave in order. Never rejects. */
  #last: Promise<void> = Promise.resolve();

  constructor(stream: TextStream) {
    this.#stream = stream;
    if (!guarded.has(stream)) {
      guarded.add(stream);
      // What a write ran into is told to its callback.
      stream.on("error", () => undefined);
    }
  }

  /** Has the reader of the stream gone away? */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(text: string): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    let mayGoOn = true;
    this.#last = new Promise((resolve) => {
      mayGoOn = this.#stream.write(text, (error) => {
        if (error !== null && error !== undefined) this.#fail(error);
        resolve();
      });
    });
    return mayGoOn ? this.#checked() : this.flush();
  }

  async flush(): Promise<void> {
    await this.#last;
    await this.#checked();
  }

  #fail(error: Error): void {
    if (CLOSED_CODES.has((error as NodeJS.ErrnoException).code ?? "")) this.#isClosed = true;
    else this.#failure = error;
  }

  #checked(): Promise<void> {
    if (this.#failure === undefined) return Promise.resolve();
    return Promise.reject(
      new TributaryError(
        {
          severity: "error",
          code: "EXTERNAL_FAILED",
          message: `Rows cannot be printed: ${this.#failure.message}.`,
        },
        { cause: this.#failure },
      ),
    );
  }
}
