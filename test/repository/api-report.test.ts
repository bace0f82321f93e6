import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import test from "ava";

import { root } from "./checkout.js";

test("the reports of the public surface are those of the code; npm run docs writes them", async (t) => {
  const program = join(root, "tools", "docs", "api-reports.mjs");
  const outcome = await promisify(execFile)(process.execPath, [program, "--check"]).then(
    () => "",
    (error: { readonly stdout: string; readonly stderr: string }) => error.stdout + error.stderr,
  );

  t.is(outcome, "");
});
