/** What an event says beside the row: when and where the change was made. After the Debezium format of Apache Flink. */
import { Instant, types } from "@tributary/core";
import type { FormatMetadata, LogicalType, RowField, SqlValue } from "@tributary/core";
import { excerpt } from "../text/excerpt.js";

/** The parts of an event that metadata is read from; those that are not asked for are absent. */
export interface EventFacts {
  /** The schema beside the payload, as JSON text. */
  readonly schema?: string | null;
  readonly ts_ms?: bigint | null;
  /** Values as text. */
  readonly source?: ReadonlyMap<string, string | null> | null;
}

/** A key, the part of the event that it needs, and how it is read. */
interface EventMetadata extends FormatMetadata {
  readonly part: keyof EventFacts;
  /** @throws {@link BadMetadata} */
  readonly read: (facts: EventFacts) => SqlValue;
}

/** A value that is not what its key holds. */
export class BadMetadata extends Error {}

const TEXT = types.string();
const TIME = types.timestampLtz(3);
const PROPERTIES = types.map(types.string(), types.string());
const MILLIS = /^-?\d{1,15}$/;

const ofSource = (key: string, property: string): EventMetadata => ({
  key,
  type: TEXT,
  part: "source",
  read: ({ source }) => source?.get(property) ?? null,
});

/** In the order of the reference. */
export const EVENT_METADATA: readonly EventMetadata[] = [
  { key: "schema", type: TEXT, part: "schema", read: ({ schema }) => schema ?? null },
  { key: "ingestion-timestamp", type: TIME, part: "ts_ms", read: ({ ts_ms }) => instant("ts_ms", ts_ms) },
  {
    key: "source.timestamp",
    type: TIME,
    part: "source",
    read: ({ source }) => instant("source.ts_ms", source?.get("ts_ms")),
  },
  ofSource("source.database", "db"),
  ofSource("source.schema", "schema"),
  ofSource("source.table", "table"),
  { key: "source.properties", type: PROPERTIES, part: "source", read: ({ source }) => source ?? null },
];

const PART_TYPES: Readonly<Record<keyof EventFacts, LogicalType>> = {
  schema: TEXT,
  ts_ms: types.bigint(),
  source: PROPERTIES,
};

/** The metadata of these keys, in their order. */
export function eventMetadata(keys: readonly string[]): readonly EventMetadata[] {
  return keys.flatMap((key) => EVENT_METADATA.filter((one) => one.key === key));
}

/** Fields to read beside the images: of the payload, or of what is around it. */
export function partFields(
  metadata: readonly EventMetadata[],
  place: "payload" | "around",
): readonly RowField[] {
  const parts = new Set(metadata.map(({ part }) => part));
  return [...parts]
    .filter((part) => (part === "schema") === (place === "around"))
    .map((name) => ({ name, type: PART_TYPES[name] }));
}

function instant(name: string, value: string | bigint | null | undefined): Instant | null {
  if (value === null || value === undefined) return null;
  if (MILLIS.test(String(value))) return new Instant(Number(value));
  throw new BadMetadata(`The event's '${name}' is ${excerpt(String(value))} and no time in milliseconds.`);
}
