import type { OptionFault } from "@tributary/core";

import { parseStreamArn } from "../client/stream-arn.js";
import type { StreamArn } from "../client/stream-arn.js";
import { streamFaults } from "./stream-options.js";

/** Several streams behind one table: some by their ARN, others by a pattern of names. */
export interface StreamSelection {
  readonly streams: readonly StreamArn[];
  readonly patterns: readonly StreamPattern[];
}

/** Streams of an account and region whose names fit. */
export interface StreamPattern {
  /** As it was written. */
  readonly text: string;
  matches(name: string): boolean;
  /** The stream of a name that fits. */
  stream(name: string): StreamArn;
  /** Any stream of the account and region, to ask for the names of the others with. */
  readonly anyStream: StreamArn;
}

/** Does the text select several streams, or may it? */
export function selectsSeveral(text: string): boolean {
  return /[;*]/.test(text);
}

function entriesOf(text: string): readonly string[] {
  return text
    .split(";")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** What is wrong with a list of ARNs and patterns. */
export function selectionFaults(
  text: string | undefined,
  region: string | undefined,
): readonly OptionFault[] {
  if (text === undefined || !selectsSeveral(text)) return streamFaults(text, region);
  const entries = entriesOf(text);
  const faults = (entries.length === 0 ? [text] : entries).flatMap((entry) =>
    // A star stands for characters that a name may have.
    streamFaults(entry.includes("*") ? starless(entry) : entry, region),
  );
  const unique = [...new Map(faults.map((fault) => [fault.message, fault])).values()];
  const names = entries.flatMap((entry) => parseStreamArn(entry)?.name ?? []);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (unique.length > 0 || repeated === undefined) return unique;
  return [
    {
      key: "stream.arn",
      message: `The value '${text}' of option 'stream.arn' has two streams of the name '${repeated}'.`,
      hint: "Shards are told apart by the name of their stream: declare a table for each.",
    },
  ];
}

/** @returns what a checked text selects. */
export function selectStreams(text: string): StreamSelection {
  const streams: StreamArn[] = [];
  const patterns: StreamPattern[] = [];
  for (const entry of entriesOf(text)) {
    const stream = parseStreamArn(entry);
    if (stream !== undefined) streams.push(stream);
    else patterns.push(patternOf(entry));
  }
  return { streams, patterns };
}

function starless(entry: string): string {
  const at = entry.lastIndexOf("/");
  return entry.slice(0, at + 1) + entry.slice(at + 1).replaceAll("*", "x");
}

function patternOf(entry: string): StreamPattern {
  const at = entry.lastIndexOf("/") + 1;
  const glob = entry.slice(at);
  const expression = new RegExp(
    `^${glob
      .split("*")
      .map((part) => part.replace(/[.\\]/g, "\\$&"))
      .join("[a-zA-Z0-9_.-]*")}$`,
  );
  const stream = (name: string): StreamArn => parseStreamArn(entry.slice(0, at) + name) as StreamArn;
  return {
    text: entry,
    matches: (name) => expression.test(name),
    stream,
    anyStream: stream(starless(entry).slice(at)),
  };
}
