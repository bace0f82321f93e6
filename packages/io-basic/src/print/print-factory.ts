import type { SinkFactory, SinkFactoryContext, TableSink } from "@tributary/core";
import type { TextStream } from "./line-output.js";
import { PrintOptions } from "./print-options.js";
import { PrintSink } from "./print-sink.js";

/** The streams that print tables write to. */
export interface PrintStreams {
  readonly output: () => TextStream;
  readonly error: () => TextStream;
}

/**
 * The sink `print`: one line of canonical JSON a row, on the standard output.
 *
 * After the Print connector of Apache Flink, which prints `+I[...]` instead of JSON.
 *
 * @public
 */
export class PrintSinkFactory implements SinkFactory<PrintOptions> {
  readonly role = "sink";
  readonly identifier = "print";
  readonly provides = "Sink";
  readonly options = PrintOptions;
  readonly format = "none";
  readonly metadata = [];
  readonly #streams: PrintStreams;

  constructor(streams: PrintStreams) {
    this.#streams = streams;
  }

  create(options: PrintOptions, context: SinkFactoryContext): TableSink {
    return {
      sink: new PrintSink({
        rowType: context.rowType,
        identifier: options.identifier,
        stream: options.printsToStandardError ? this.#streams.error : this.#streams.output,
      }),
      supportsPartitions: false,
    };
  }
}
