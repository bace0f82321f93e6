/** Tags of streams, by stream and by ARN. */
import { invalidArgument, limitExceeded } from "../errors.js";
import { TAGS_MAX } from "../limits.js";
import { SHAPES, STREAM_FIELDS, streamNameOf, streamOf, structure, type Operation } from "./operation.js";
import type { Account } from "../store/account.js";
import type { Stream } from "../store/stream.js";

const TAGS = { ...SHAPES.tags, required: true, min: 1 } as const;
const KEYS = { type: "list", required: true, min: 1, max: 50, of: SHAPES.tagKey } as const;
const RESOURCE = {
  type: "text",
  required: true,
  min: 1,
  max: 2048,
  pattern: "arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+",
} as const;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function addTags(account: Account, stream: Stream, tags: Readonly<Record<string, string>>): void {
  for (const text of [...Object.keys(tags), ...Object.values(tags)]) {
    if (!ALLOWED.test(text)) {
      throw invalidArgument(
        `Some tags contain invalid characters: '${text}'. Valid: letters, spaces, digits, _.:/=+-@`,
      );
    }
  }
  const all = new Map([...stream.tags, ...Object.entries(tags)]);
  if (all.size > TAGS_MAX) {
    throw limitExceeded(
      `Failed to add tags to stream ${stream.name} under account ${account.id} because a given stream cannot have ` +
        `more than ${TAGS_MAX} tags associated with it.`,
    );
  }
  for (const [key, value] of all) stream.tags.set(key, value);
  account.changed(stream);
}

function removeTags(account: Account, stream: Stream, keys: readonly string[]): void {
  for (const key of keys) stream.tags.delete(key);
  account.changed(stream);
}

function sortedTags(stream: Stream): { Key: string; Value: string }[] {
  return [...stream.tags].map(([Key, Value]) => ({ Key, Value })).sort((a, b) => (a.Key < b.Key ? -1 : 1));
}

export const addTagsToStream: Operation = {
  shape: structure({ ...STREAM_FIELDS, Tags: TAGS }),
  run(account, input) {
    addTags(account, streamOf(account, input), input.Tags ?? {});
    return undefined;
  },
};

export const removeTagsFromStream: Operation = {
  shape: structure({ ...STREAM_FIELDS, TagKeys: KEYS }),
  run(account, input) {
    removeTags(account, streamOf(account, input), input.TagKeys ?? []);
    return undefined;
  },
};

export const listTagsForStream: Operation = {
  shape: structure({
    ...STREAM_FIELDS,
    ExclusiveStartTagKey: SHAPES.tagKey,
    Limit: { type: "integer", min: 1, max: 50 },
  }),
  run(account, input) {
    const after = input.ExclusiveStartTagKey ?? "";
    const tags = sortedTags(streamOf(account, input)).filter(({ Key }) => Key > after);
    const limit = input.Limit ?? TAGS_MAX;
    return { Tags: tags.slice(0, limit), HasMoreTags: tags.length > limit };
  },
};

export const tagResource: Operation = {
  shape: structure({ ResourceARN: RESOURCE, Tags: TAGS }),
  run(account, { ResourceARN = "", Tags = {} }) {
    addTags(account, account.get(streamNameOf(ResourceARN)), Tags);
    return undefined;
  },
};

export const untagResource: Operation = {
  shape: structure({ ResourceARN: RESOURCE, TagKeys: KEYS }),
  run(account, { ResourceARN = "", TagKeys = [] }) {
    removeTags(account, account.get(streamNameOf(ResourceARN)), TagKeys);
    return undefined;
  },
};

export const listTagsForResource: Operation = {
  shape: structure({ ResourceARN: RESOURCE }),
  run(account, { ResourceARN = "" }) {
    return { Tags: sortedTags(account.get(streamNameOf(ResourceARN))) };
  },
};
