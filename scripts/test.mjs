// `npm test [-- FILES AND OPTIONS OF AVA]`: installs and builds what is missing, lints, runs every test.
// With CI=true the report is TAP and the last line says `N passed, N failed`.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { lint } from "./lint.mjs";
import { prepare, programOf, root, runNode } from "./prepare.mjs";

/** Compiled tests whose source is gone would go on running: the compiler never deletes. */
function removeStaleTests() {
  const pairs = readdirSync(join(root, "packages"))
    .map((name) => ({
      compiled: join(root, "packages", name, "dist-test"),
      source: join(root, "packages", name, "test"),
    }))
    .concat({ compiled: join(root, "dist-test"), source: join(root, "test") });
  for (const { compiled, source } of pairs) {
    if (!existsSync(compiled)) continue;
    for (const file of readdirSync(compiled, { recursive: true })) {
      const name = String(file);
      if (!name.endsWith(".js")) continue;
      if (existsSync(join(source, name.replace(/\.js$/, ".ts")))) continue;
      rmSync(join(compiled, name));
      rmSync(join(compiled, `${name}.map`), { force: true });
    }
  }
}

/** So long without a finished test means that one hangs; ava's own limit does not see a worker that waits. */
const SILENCE_MS = 5 * 60_000;

/** Runs ava with TAP on stdout, passes it on, and adds the counts up. */
function runTap(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [programOf("ava"), "--tap", ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const counts = { passed: 0, failed: 0 };
    const lines = createInterface({ input: child.stdout });
    const hang = () => {
      console.log("not ok - no test has finished for five minutes");
      counts.failed++;
      child.kill("SIGKILL");
    };
    let watchdog = setTimeout(hang, SILENCE_MS);
    lines.on("line", (line) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, SILENCE_MS);
      console.log(line);
      if (/^ok \d/.test(line)) counts.passed++;
      else if (/^not ok \d/.test(line)) counts.failed++;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(watchdog);
      console.log(`${counts.passed} passed, ${counts.failed} failed`);
      resolve(code === 0 && counts.failed > 0 ? 1 : (code ?? 1));
    });
  });
}

const args = process.argv.slice(2);
removeStaleTests();
await prepare();
if (args.length === 0) {
  const code = await lint();
  if (code !== 0) process.exit(code);
}
process.exitCode = process.env.CI === "true" ? await runTap(args) : await runNode(programOf("ava"), args);
