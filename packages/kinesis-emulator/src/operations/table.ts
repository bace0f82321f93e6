import * as consumers from "./consumers.js";
import type { Operation } from "./operation.js";
import { getShardIterator } from "./reading.js";
import * as shards from "./shards.js";
import * as streams from "./streams.js";
import * as tags from "./tags.js";

/** The operations that take and give one small object; records travel on paths of their own (service.ts). */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["AddTagsToStream", tags.addTagsToStream],
  ["CreateStream", streams.createStream],
  ["DecreaseStreamRetentionPeriod", streams.decreaseRetention],
  ["DeleteStream", streams.deleteStream],
  ["DeregisterStreamConsumer", consumers.deregisterConsumer],
  ["DescribeLimits", streams.describeLimits],
  ["DescribeStream", streams.describeStream],
  ["DescribeStreamConsumer", consumers.describeConsumer],
  ["DescribeStreamSummary", streams.describeStreamSummary],
  ["DisableEnhancedMonitoring", streams.disableMonitoring],
  ["EnableEnhancedMonitoring", streams.enableMonitoring],
  ["GetShardIterator", getShardIterator],
  ["IncreaseStreamRetentionPeriod", streams.increaseRetention],
  ["ListShards", shards.listShards],
  ["ListStreamConsumers", consumers.listConsumers],
  ["ListStreams", streams.listStreams],
  ["ListTagsForResource", tags.listTagsForResource],
  ["ListTagsForStream", tags.listTagsForStream],
  ["MergeShards", shards.mergeShards],
  ["RegisterStreamConsumer", consumers.registerConsumer],
  ["RemoveTagsFromStream", tags.removeTagsFromStream],
  ["SplitShard", shards.splitShard],
  ["StartStreamEncryption", streams.startEncryption],
  ["StopStreamEncryption", streams.stopEncryption],
  ["TagResource", tags.tagResource],
  ["UntagResource", tags.untagResource],
  ["UpdateMaxRecordSize", streams.updateMaxRecordSize],
  ["UpdateShardCount", shards.updateShardCount],
  ["UpdateStreamMode", streams.updateStreamMode],
]);
