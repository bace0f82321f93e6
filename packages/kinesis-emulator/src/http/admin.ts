/** The path below which the emulator itself is commanded, over HTTP and with JSON: its clock, its faults, its figures. */
import type { EmulatorClock } from "../clock.js";
import { KinesisEmulatorError } from "../errors.js";
import type { FaultInjector } from "../faults/fault-injector.js";
import type { FaultRule } from "../faults/fault-rule.js";
import type { Account } from "../store/account.js";

export const ADMIN_PATH = "/_emulator/";

/** What an admin call answers with. */
export interface AdminReply {
  readonly status: number;
  readonly body: object;
}

/** What admin calls work on. */
export interface AdminParts {
  readonly account: Account;
  readonly clock: EmulatorClock;
  readonly faults: FaultInjector;
}

/** Answers a call below `ADMIN_PATH`. Never throws. */
export function answerAdmin(parts: AdminParts, method: string, path: string, body: string): AdminReply {
  const route = `${method} ${path.slice(ADMIN_PATH.length).replace(/\/\d+$/, "/ID")}`;
  try {
    const answer = routeTo(parts, route, path, body);
    return answer === undefined
      ? { status: 404, body: { error: `no such call: ${method} ${path}` } }
      : { status: 200, body: answer };
  } catch (error) {
    if (!(error instanceof KinesisEmulatorError) && !(error instanceof SyntaxError)) throw error;
    return { status: 400, body: { error: error.message } };
  }
}

function routeTo(parts: AdminParts, route: string, path: string, body: string): object | undefined {
  const { clock, faults } = parts;
  switch (route) {
    case "GET health":
      return { status: "ok" };
    case "GET stats":
      return stats(parts);
    case "GET clock":
      return { now: clock.now() };
    case "POST clock":
      setClock(clock, JSON.parse(body) as { advanceMs?: unknown; setTimeMs?: unknown });
      return { now: clock.now() };
    case "GET faults":
      return { faults: faults.list() };
    case "POST faults":
      return { id: faults.inject(JSON.parse(body) as FaultRule).id };
    case "DELETE faults":
      faults.clear();
      return {};
    case "DELETE faults/ID":
      faults.remove(Number(path.split("/").at(-1)));
      return {};
    default:
      return undefined;
  }
}

function setClock(clock: EmulatorClock, request: { advanceMs?: unknown; setTimeMs?: unknown }): void {
  const { advanceMs, setTimeMs } = request;
  if (typeof advanceMs === "number") clock.advance(advanceMs);
  else if (typeof setTimeMs === "number") clock.setTime(setTimeMs);
  else
    throw new KinesisEmulatorError("OPTION_INVALID", "give advanceMs or setTimeMs, a number of milliseconds");
}

function stats({ account }: AdminParts): object {
  const { user, system } = process.cpuUsage();
  return {
    cpuMicroseconds: user + system,
    residentBytes: process.memoryUsage.rss(),
    streams: account.streams.map((stream) => ({
      name: stream.name,
      shards: stream.shards.map(({ id, isOpen, log }) => ({
        id,
        isOpen,
        records: log.count,
        memoryBytes: log.memoryBytes,
      })),
    })),
  };
}
