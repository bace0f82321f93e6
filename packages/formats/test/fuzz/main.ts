/** `npm run fuzz -- [inputs] [--seed N] [format ...]`, without the build. */
import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fuzz } from "./fuzz.js";
import { subjectsOf } from "./subjects.js";

const INPUTS = 1_000_000;
/** Inputs between two looks at the memory. */
const SLICE = 50_000;
/** What may stay behind: caches that have a limit, and what the engine keeps of its own. */
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

const args = process.argv.slice(2);
const seedAt = args.indexOf("--seed");
const seed = seedAt < 0 ? Math.floor(Math.random() * 0x7fffffff) : Number(args[seedAt + 1]);
if (seedAt >= 0) args.splice(seedAt, 2);
if (!Number.isSafeInteger(seed)) fail("--seed takes a whole number.");
const count = Number(args.find((arg) => /^\d+$/.test(arg)) ?? INPUTS);
const identifiers = args.filter((arg) => !/^\d+$/.test(arg));
const subjects = subjectsOf(identifiers);
const unknown = identifiers.filter((identifier) => !subjects.some(({ format }) => format === identifier));
if (unknown.length > 0) fail(`There is no format ${unknown.join(", ")}.`);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function digestOf(digests: readonly string[]): string {
  return createHash("sha256").update(digests.join()).digest("hex").slice(0, 16);
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

console.log(`seed ${seed}, ${count} inputs a format`);
let isClean = true;
for (const subject of subjects) {
  const share = Math.ceil(count / subjects.filter(({ format }) => format === subject.format).length);
  const start = performance.now();
  const slices: Awaited<ReturnType<typeof fuzz>>[] = [];
  let base: number | undefined;
  for (let done = 0; done < share; done += SLICE) {
    slices.push(await fuzz(subject, seed + done, Math.min(SLICE, share - done)));
    // The first slice fills the caches and is compiled.
    base ??= heapBytes();
  }
  const growth = heapBytes() - (base ?? 0);
  const sum = (value: "rows" | "refused"): number => slices.reduce((total, one) => total + one[value], 0);
  const faults = slices.flatMap((one) => one.faults);
  if (growth > GROWTH_BYTES_MAX) faults.push(`${subject.name}: ${growth} bytes stayed behind.`);
  if (faults.length > 0) isClean = false;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${subject.name}: ${share} inputs, ${sum("rows")} rows, ${sum("refused")} refused, ${seconds} s, ${digestOf(slices.map(({ digest }) => digest))}`,
  );
  for (const fault of faults) console.error(fault);
}
process.exitCode = isClean ? 0 : 1;
