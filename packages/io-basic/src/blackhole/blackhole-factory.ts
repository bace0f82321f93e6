import type { Row, Sink, SinkFactory, SinkWriter, TableSink, WriterContext } from "@tributary/core";

/** The sink `blackhole` has no options. @public */
export class BlackholeOptions {}

/**
 * The sink `blackhole`: takes rows, counts them and forgets them. For measuring what comes before it.
 *
 * After the BlackHole connector of Apache Flink.
 *
 * @public
 */
export class BlackholeSinkFactory implements SinkFactory<BlackholeOptions> {
  readonly role = "sink";
  readonly identifier = "blackhole";
  readonly provides = "Sink";
  readonly options = BlackholeOptions;
  readonly format = "none";
  readonly metadata = [];

  create(): TableSink {
    return { sink: new BlackholeSink(), supportsPartitions: true };
  }
}

class BlackholeSink implements Sink<Row> {
  createWriter(context: WriterContext): Promise<SinkWriter<Row>> {
    const swallowed = context.metrics.counter("records");
    return Promise.resolve({
      write: (rows) => {
        swallowed.add(rows.length);
        return Promise.resolve();
      },
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
  }
}
