/**
 * What the connector for Kinesis costs its process.
 *
 *     node bench/kinesis/run.mjs [--json] [--quick]
 */
import { countConnections, measureClient } from "./client.mjs";

const isJson = process.argv.includes("--json");
const isQuick = process.argv.includes("--quick");

const client = await measureClient({ isQuick });
const tls = await countConnections();

if (isJson) process.stdout.write(`${JSON.stringify({ client, tls })}\n`);
else print();

function print() {
  console.log("client CPU, µs per record            median   of bare     goal   records/s   memory, MB");
  for (const { what, contender, micros, ratio, goal, perSecond, residentMax } of client) {
    console.log(
      `  ${what.padEnd(14)}${contender.padEnd(16)}${micros.toFixed(2).padStart(11)}${ratio.toFixed(2).padStart(10)}` +
        `${(goal?.toFixed(2) ?? "").padStart(9)}${String(perSecond).padStart(12)}${String(Math.round(residentMax / 2 ** 20)).padStart(13)}`,
    );
  }
  console.log(`TLS connections                  ${tls.connections} for ${tls.calls} calls`);
}
