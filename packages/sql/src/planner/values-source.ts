/** VALUES as a bounded source: one split, whose position is the number of rows read. */
import type { Row, Source, SplitRecords } from "@tributary/core";

/** Most rows of one bundle. */
const BATCH_ROWS_MAX = 1_000;
const SPLIT = "values";

/** A source of rows that are worked out when they are read. */
export function valuesSource(rows: readonly (() => Row)[]): Source<Row> {
  return {
    boundedness: "bounded",
    createEnumerator: (context, restored) => {
      let isAssigned = restored === true;
      return {
        start() {
          if (!isAssigned) context.assign({ id: SPLIT, state: 0 }, 0);
          isAssigned = true;
          context.noMoreSplits();
          return Promise.resolve();
        },
        splitFinished: () => undefined,
        snapshot: () => isAssigned,
        close: () => Promise.resolve(),
      };
    },
    createReader: () => {
      let position: number | undefined;
      let isComplete = false;
      let isClosed = false;
      let wake: (() => void) | undefined;
      const changed = (): void => {
        wake?.();
        wake = undefined;
      };
      const next = (): SplitRecords<Row> => {
        const from = position!;
        const to = Math.min(rows.length, from + BATCH_ROWS_MAX);
        const records = rows.slice(from, to).map((make) => make());
        const isFinished = to === rows.length;
        position = isFinished ? undefined : to;
        return { splitId: SPLIT, records, state: to, isFinished };
      };
      return {
        addSplits(splits) {
          for (const split of splits) position = split.state as number;
          changed();
        },
        noMoreSplits() {
          isComplete = true;
          changed();
        },
        async poll() {
          for (;;) {
            if (isClosed) return undefined;
            if (position !== undefined) return next();
            if (isComplete) return undefined;
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        },
        close() {
          isClosed = true;
          changed();
          return Promise.resolve();
        },
      };
    },
  };
}
