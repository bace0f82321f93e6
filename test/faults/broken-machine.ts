/**
 * What goes wrong beneath the program, put in below everything of ours: in Node's own file handles and its clock. To be
 * loaded by the process that is to suffer.
 */
import { open } from "node:fs/promises";

/** What is broken; each absent one works. */
export interface Breakage {
  /** Bytes after which the disk is full. */
  readonly diskBytes?: number;
  /** Longest time that a sync takes, in milliseconds; it varies. */
  readonly syncMaxMs?: number;
  /** The clock is set back by so much, in milliseconds, ... */
  readonly clockBackMs?: number;
  /** ... so long after the start, in milliseconds. */
  readonly clockBackAfterMs?: number;
}

/** The methods of file handles that a durable write uses. */
interface HandleMethods {
  writeFile: (this: object, data: Uint8Array | string) => Promise<void>;
  sync: (this: object) => Promise<void>;
}

export async function breakMachine(breakage: Breakage, random: () => number): Promise<void> {
  const { diskBytes, syncMaxMs, clockBackMs, clockBackAfterMs = 0 } = breakage;
  const handle = await open(process.execPath, "r");
  const methods = Object.getPrototypeOf(handle) as HandleMethods;
  await handle.close();
  if (diskBytes !== undefined) fillDisk(methods, diskBytes);
  if (syncMaxMs !== undefined) slowSync(methods, syncMaxMs, random);
  if (clockBackMs !== undefined) setClockBack(clockBackMs, clockBackAfterMs);
}

/** Like a full disk: what fits is written, then the write fails. */
function fillDisk(methods: HandleMethods, diskBytes: number): void {
  const { writeFile } = methods;
  let free = diskBytes;
  methods.writeFile = async function (data) {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    const fitting = bytes.subarray(0, free);
    free -= fitting.length;
    await writeFile.call(this, fitting);
    if (fitting.length === bytes.length) return;
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), {
      errno: -28,
      code: "ENOSPC",
      syscall: "write",
    });
  };
}

function slowSync(methods: HandleMethods, maxMs: number, random: () => number): void {
  const { sync } = methods;
  methods.sync = async function () {
    await new Promise((resolve) => setTimeout(resolve, random() * maxMs));
    await sync.call(this);
  };
}

function setClockBack(backMs: number, afterMs: number): void {
  const RealDate = Date;
  const from = RealDate.now() + afterMs;
  const now = (): number => {
    const real = RealDate.now();
    return real < from ? real : real - backMs;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: readonly unknown[], newTarget: abstract new () => object) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    get: (target, key, receiver) => (key === "now" ? now : (Reflect.get(target, key, receiver) as unknown)),
  });
}
