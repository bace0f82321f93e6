/**
 * Works off lanes of items, up to `concurrency` lanes at a time, each from its first item to its last.
 *
 * @param makeWorker - what works; one for each lane in progress.
 * @throws the first failure, when all that was in progress has ended.
 */
export async function runLanes<T>(
  lanes: readonly (readonly T[])[],
  concurrency: number,
  makeWorker: () => (item: T) => Promise<void> | undefined,
): Promise<void> {
  let next = 0;
  let isFailed = false;
  const work = async (): Promise<void> => {
    const worker = makeWorker();
    try {
      while (next < lanes.length && !isFailed) {
        for (const item of lanes[next++] ?? []) {
          const result = worker(item);
          if (result !== undefined) await result;
        }
      }
    } catch (error) {
      isFailed = true;
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(concurrency, lanes.length) }, work));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
