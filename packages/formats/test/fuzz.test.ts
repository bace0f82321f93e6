// A short form of `npm run fuzz`, and that code made from a schema and closures give the same to the last byte.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import test from "ava";
import { fuzz } from "./fuzz/fuzz.js";
import { subjectsOf } from "./fuzz/subjects.js";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("./fuzz/main.js", import.meta.url));
/** The same in every run; another one to hunt with. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 20);
const INPUTS = Number(process.env["FUZZ_INPUTS"] ?? 3_000);

for (const subject of subjectsOf()) {
  test(`${subject.name}: near misses and noise end in rows or in faults`, async (t) => {
    const { faults, rows, refused } = await fuzz(subject, SEED, INPUTS);
    t.deepEqual(faults, []);
    t.true(rows > 0 && rows + refused > INPUTS / 2, `${rows} rows, ${refused} refused`);
  });
}

/** What came out of each subject, without the time it took. */
async function outcomes(flags: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, [...flags, MAIN, "4000", "--seed", String(SEED)]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.replace(/, [0-9.]+ s,/, ","));
}

test("where code may not be made from strings every format gives the same", async (t) => {
  const [usual, forbidden] = await Promise.all([
    outcomes([]),
    outcomes(["--disallow-code-generation-from-strings"]),
  ]);
  t.deepEqual(forbidden, usual);
  t.true(usual.length > subjectsOf().length);
});
