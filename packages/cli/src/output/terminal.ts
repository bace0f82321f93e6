import { once } from "node:events";

import type { Diagnostic } from "@tributary/core";
import { formatDiagnostic } from "@tributary/core";

export interface ReportOptions {
  readonly onStdout?: boolean;
  /** Text of the script, without its secrets: the line at fault is shown. */
  readonly source?: string;
}

/** Where a command prints: results to stdout, logs and progress to stderr. */
export class Terminal {
  readonly isJson: boolean;
  /** True when the stream is a terminal and nobody asked for plain text. */
  readonly hasColor: { readonly stdout: boolean; readonly stderr: boolean };
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;

  constructor(settings: {
    readonly isJson: boolean;
    readonly isPlain: boolean;
    readonly stdout: NodeJS.WriteStream;
    readonly stderr: NodeJS.WriteStream;
  }) {
    const mayColor = !settings.isPlain && (process.env["NO_COLOR"] ?? "") === "";
    this.isJson = settings.isJson;
    this.hasColor = {
      stdout: mayColor && settings.stdout.isTTY === true,
      stderr: mayColor && settings.stderr.isTTY === true,
    };
    this.#stdout = settings.stdout;
    this.#stderr = settings.stderr;
  }

  /** Prints text and a line end to stdout. */
  print(text: string): void {
    this.#stdout.write(`${text}\n`);
  }

  /** Prints bytes and a line feed to stdout. */
  printBytes(bytes: Uint8Array): void {
    this.#stdout.write(bytes);
    this.#stdout.write("\n");
  }

  /** Prints one JSON value and a line end to stdout. */
  printJson(value: unknown): void {
    this.#stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Resolves when stdout has room again: a slow reader must not make the rows that it has not read pile up here. */
  async drained(): Promise<void> {
    if (this.#stdout.writableNeedDrain) await once(this.#stdout, "drain");
  }

  /** Prints text and a line end to stderr. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  /** Text without a line end to stderr, for lines that are drawn again. */
  draw(text: string): void {
    this.#stderr.write(text);
  }

  get isInteractive(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** Diagnostics are JSON lines on stdout with `--json`, else text on stderr (on stdout for `validate`). */
  report(diagnostics: readonly Diagnostic[], options: ReportOptions = {}): void {
    const isOnStdout = options.onStdout === true;
    const color = isOnStdout ? this.hasColor.stdout : this.hasColor.stderr;
    const source = options.source === undefined ? {} : { source: options.source };
    for (const diagnostic of diagnostics) {
      if (this.isJson) this.printJson(diagnostic);
      else if (isOnStdout) this.print(formatDiagnostic(diagnostic, { color, ...source }));
      else this.note(formatDiagnostic(diagnostic, { color, ...source }));
    }
  }
}

/** Ends the process quietly when the reader of a stream went away: a closed pipe is no error. */
export function tolerateClosedPipes(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
}
