// `npm run test:kinesis`: a million records through splits, merges, restarts and failures, by polling and by enhanced
// fan-out, and as many written while calls and records are refused. TRIBUTARY_SEED repeats a run, TRIBUTARY_KINESIS_RECORDS makes it shorter or longer.
import { prepare, programOf, root, runNode } from "./prepare.mjs";

await prepare();
process.exitCode = await runNode(
  programOf("ava"),
  [
    "--timeout=15m",
    "packages/io-kinesis/dist-test/chaos.test.js",
    "packages/io-kinesis/dist-test/sink-chaos.test.js",
    ...process.argv.slice(2),
  ],
  { cwd: root, env: { TRIBUTARY_KINESIS_RECORDS: "1000000", ...process.env } },
);
