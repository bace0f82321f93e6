import type { SourceFactoryContext } from "@tributary/core";

import { connectionOf } from "../options/connection-of.js";
import { clientConfigOf } from "./client-config.js";
import type { LegacySourceOptions } from "./options.js";
import { recoverableErrorsOf } from "./recoverable-errors.js";
import { SHARD_ASSIGNER, defaultAssigner, uniformAssigner } from "./shard-assigner.js";
import type { ShardAssigner } from "./shard-assigner.js";
import type { LegacyFanOut, LegacySettings, LegacyStart } from "./source-settings.js";

const MS_PER_SECOND = 1_000;
const SYNC_KEYS = [
  "scan.watermark.sync.interval",
  "scan.watermark.lookahead.millis",
  "scan.watermark.sync.queue.capacity",
];

/** Settings from checked options; reports what only shows across options and names. */
export function legacySettingsOf(
  options: LegacySourceOptions,
  context: SourceFactoryContext,
): LegacySettings {
  const { table } = context;
  const isGiven = (key: string): boolean => table.options.some((one) => one.key === key);
  const connection = {
    ...connectionOf(options, { name: options.stream }, context),
    ...clientConfigOf(options.clientConfig),
  };
  const fanOut = fanOutOf(options, connection, context);
  const isAligned = table.schema.watermark !== undefined && SYNC_KEYS.some(isGiven);
  return {
    connection,
    start: startOf(options),
    discoveryIntervalMs: options.discoveryIntervalMs,
    listShards: options.listShardsRetry(isGiven),
    describe: options.describeRetry,
    makeAssigner: assignerOf(options.shardAssigner ?? "default", isGiven, context),
    polling: {
      recordsPerFetchMax: options.recordsPerFetchMax,
      fetchIntervalMs: options.fetchIntervalMs,
      isAdaptive: options.isAdaptive,
      getRecords: options.getRecordsRetry,
      getIterator: options.getIteratorRetry,
    },
    ...(options.publisher === "EFO" && { fanOut }),
    ...(isAligned && {
      sync: {
        intervalMs: Math.max(1, options.syncIntervalMs),
        lookAheadMs: options.lookAheadMs,
        queueCapacity: Math.max(1, options.syncQueueCapacity),
      },
    }),
  };
}

function startOf({ position, timestampMs }: LegacySourceOptions): LegacyStart {
  return position === "AT_TIMESTAMP" ? { type: position, timestampMs: timestampMs ?? 0 } : { type: position };
}

/** Also where records are polled: a list that is wrong is wrong. */
function fanOutOf(
  options: LegacySourceOptions,
  connection: LegacySettings["connection"],
  context: SourceFactoryContext,
): LegacyFanOut {
  const { registration } = options;
  return {
    connection: {
      ...connection,
      concurrencyMax: options.efoConcurrencyMax,
      readTimeoutMs: options.efoReadTimeoutMs,
    },
    registration:
      registration === "NONE"
        ? { type: registration, consumerArn: options.givenConsumerArn ?? "" }
        : { type: registration, consumerName: options.consumerName ?? "" },
    describeConsumer: options.describeConsumerRetry,
    register: options.registerRetry,
    registerTimeoutMs: options.registerTimeoutSeconds * MS_PER_SECOND,
    deregister: options.deregisterRetry,
    deregisterTimeoutMs: options.deregisterTimeoutSeconds * MS_PER_SECOND,
    subscribe: options.subscribeRetry,
    subscribeTimeoutMs: options.subscribeTimeoutSeconds * MS_PER_SECOND,
    recoverable: recoverableErrorsOf(context.table.options, (fault) => context.report(fault)),
  };
}

/** One that nobody knows is no reason to stop: `default` takes its place, as in the original, and that is said. */
function assignerOf(
  name: string,
  isGiven: (key: string) => boolean,
  context: SourceFactoryContext,
): () => ShardAssigner {
  if (name === "default") return () => defaultAssigner;
  if (name === "uniform") return () => uniformAssigner;
  const option = isGiven("source.shard-assigner") ? "source.shard-assigner" : "scan.shard-assigner";
  const words = ["default", "uniform"];
  const resolved = context.resolveClass({
    contract: SHARD_ASSIGNER,
    option,
    name,
    words,
    isOptional: true,
  });
  if (resolved !== undefined) return () => resolved.make();
  context.logger.error("No such shard assigner: 'default' is used", { option, value: name });
  context.report({
    severity: "warning",
    code: "OPTION_IGNORED",
    message: `Option '${option}' = '${name}' names no shard assigner that is known; 'default' is used.`,
    option,
    value: name,
    candidates: words,
    hint: "Load the module that binds it, or use one of the candidates.",
  });
  return () => defaultAssigner;
}
