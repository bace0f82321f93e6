/** Parts in which patience is counted. A busy process gets round to one late, and several at once count as one. */
const TICK_MS = 500;
/** Of a live process: so long it waits for the first answer of all. */
const TICKS_MAX = 14;

/**
 * Until a service has answered once, a wrong address is likelier than a slow service, and the user should hear of it
 * soon. Time in which this process was busy does not count: the answer may lie there unread.
 *
 * @throws an error named `TimeoutError`; `call` goes on, and is ended with the client.
 */
export async function firstAnswer<T>(call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    let ticks = 0;
    timer = setInterval(() => {
      ticks += 1;
      if (ticks < TICKS_MAX) return;
      const error = new Error(`there was no answer within ${(TICK_MS * TICKS_MAX) / 1000} seconds`);
      reject(Object.assign(error, { name: "TimeoutError", code: "ETIMEDOUT" }));
    }, TICK_MS);
  });
  try {
    return await Promise.race([call, patience]);
  } finally {
    clearInterval(timer);
  }
}
