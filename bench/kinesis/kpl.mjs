/**
 * Aggregated records of the Kinesis Producer Library taken apart, checksum included, beside aws-kinesis-agg. Both read
 * the same records, in the form in which version 3 of the AWS client gives them, in one process, and take turns.
 */
import { AggregateBuilder, readAggregate } from "@tributary/io-kinesis";
import agg from "aws-kinesis-agg";

/** Most that ours may cost, as a part of the other's. */
const GOAL = 0.25;
const USER_RECORDS = 500;

/** Aggregated records whose user records have `bytes` bytes and a hundred keys. */
function aggregates(count, bytes) {
  return Array.from({ length: count }, (_, at) => {
    const builder = new AggregateBuilder(1_048_576);
    for (let index = 0; index < USER_RECORDS; index += 1) {
      const data = Buffer.alloc(bytes, `${at}-${index}-`);
      builder.tryAdd({ partitionKey: `customer-${index % 100}`, data });
    }
    return builder.build();
  });
}

function ours(records) {
  let bytes = 0;
  for (const record of records) for (const data of readAggregate(record).data) bytes += data.length;
  return bytes;
}

function theirs(records) {
  let bytes = 0;
  for (const Data of records) {
    agg.deaggregateSync({ Data }, true, (error, found) => {
      if (error) throw error;
      for (const one of found) bytes += one.Data.length;
    });
  }
  return bytes;
}

function microsOf(work, userRecords) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / userRecords;
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

/** @returns what a user record costs, in microseconds of CPU. */
export function measureKpl({ isQuick }) {
  const table = [];
  for (const bytes of [100, 1_024]) {
    const records = aggregates(isQuick ? 40 : 100, bytes);
    const userRecords = records.length * USER_RECORDS;
    ours(records);
    theirs(records);
    const rounds = Array.from({ length: isQuick ? 3 : 9 }, () => ({
      ours: microsOf(() => ours(records), userRecords),
      theirs: microsOf(() => theirs(records), userRecords),
    }));
    table.push({
      bytes,
      ours: median(rounds.map((round) => round.ours)),
      theirs: median(rounds.map((round) => round.theirs)),
      ratio: median(rounds.map((round) => round.ours / round.theirs)),
      // Of larger ones nearly all is the checksum, which both reckon.
      goal: bytes === 100 ? GOAL : undefined,
    });
  }
  return table;
}
