/**
 * The rules that the conformance cases check: the only place where a rule's id and advice are declared. Each id is an
 * anchor of docs/plugins/conformance.md, which says more; a test holds the two together.
 */

/** What a plugin author must do, by rule; ends every failure of the rule. @public */
export const CONFORMANCE_RULES = {
  "source-exactly-once":
    "Hand over every record of a split once and in the split's order; assign each split to one reader.",
  "source-batches":
    "Hand over batches of assigned splits only: an id that was assigned to this reader, and one timestamp a record where there are timestamps.",
  "source-plain-state":
    "Make split states, notices and snapshots of plain JSON: numbers, texts, booleans, null, arrays and objects; write a bigint as text.",
  "source-restore":
    "Give each batch the position behind its last record, and begin a split exactly at the position in its state.",
  "source-hand-over":
    "Keep nothing about a split outside its state: any reader that gets the split continues from there.",
  "source-enumerator":
    "Keep in the snapshot what was assigned, and after a restore assign only what was neither assigned nor finished.",
  "source-idle":
    "Leave the poll pending while there is nothing to read, and wake it when records arrive; an empty batch is for news only.",
  "source-end":
    "In a bounded source call noMoreSplits, finish every split with isFinished, and then resolve poll with undefined.",
  "source-after-end":
    "Hand over nothing of a split behind the batch with isFinished, not even an empty batch.",
  "source-back-pressure":
    "Bound what is fetched ahead, in bytes, and fetch on only when a poll has made room.",
  "source-close":
    "Resolve a pending poll with undefined on close; take a second close, and never reject from it.",
  "source-releases": "Cancel every timer and close every client, socket and file on close.",
  "source-errors":
    "Reject the poll with a TributaryError whose diagnostic names the split (shard) and, once something was read, the position (sequenceNumber).",
  "source-positions":
    "Implement describePosition: a text that finds the record again in its split, different for each record.",

  "function-exactly-once":
    "Emit every value once, and only inside the function that underCheckpointLock runs.",
  "function-restore":
    "Change the state under the same lock as the emissions that it covers; keep it plain JSON; continue from the list in context.restored, whoever wrote its entries.",
  "function-cancel":
    "Make run return soon after cancel, without an error; release timers, sockets and clients; take a second cancel.",
  "function-back-pressure":
    "Await underCheckpointLock before emitting more of the same part: it resolves when what was emitted is accepted.",

  "sink-flush": "Send what is buffered when flush is called, a batch that is not full too.",
  "sink-acknowledge": "Resolve flush only when the destination has confirmed every accepted element.",
  "sink-retry": "Look at the answer for each entry of a batch and send those again that were refused.",
  "sink-failure":
    "Reject flush (and writes from then on) when elements cannot be written, and tell the job with context.fail; close must work all the same.",
  "sink-back-pressure":
    "Bound the buffer, and leave write pending while it is full; go on when the destination does.",
  "sink-restore":
    "Write everything before flush resolves or carry it in the snapshot, and continue from the snapshot given to createWriter.",
  "sink-elements": "Read elements during write only, take over what is needed, and change nothing of theirs.",
  "sink-writers": "Keep writers apart by writerIndex: two of them write to one destination.",
  "sink-close": "Take a second close, and never reject from it.",
  "sink-releases": "Cancel every timer and close every client, socket and file on close.",

  "format-round-trip":
    "Decode what was encoded into the same values, for every type that the format claims; one payload a row, in the order of the rows.",
  "format-nulls": "Keep NULL apart from every value, or refuse to write it with RECORD_MALFORMED.",
  "format-any-bytes":
    "Report bytes that cannot be decoded with output.malformed (or skipped); decode must not throw, whatever it is given.",
  "format-truncated":
    "Report a message that ends too early with output.malformed (or skipped), or decode it.",
  "format-no-body":
    "Take null (a message without body) and empty messages: a row, malformed, skipped or nothing.",
  "format-neighbours":
    "Report a malformed message under its index and decode those around it as if it were not there.",
  "format-stateless":
    "Keep no state between batches, and change neither the messages nor rows that were handed over.",
  "format-unsupported":
    "Refuse a type that the format cannot carry with SCHEMA_INVALID when the decoder or encoder is made, with columnName, all such columns at once.",

  "factory-declaration":
    "Declare the factory as the registry wants it: a lower-case identifier, the interface it provides and implements, prefixes that end in a dot.",
  "factory-documented": "Give every option a summary, and every metadata column a key.",
  "factory-defaults": "Make default and example of every option texts that the option itself accepts.",
  "factory-bad-values":
    "Declare the option's type and rules, so that a bad value is OPTION_INVALID with the value quoted.",
  "factory-unknown-keys":
    "Declare every option that is accepted, and nothing wider: a misspelt key must be reported with the right one as a candidate.",
  "factory-missing":
    "Mark options without which nothing works as required, so that all that are missing are reported at once.",
  "factory-secrets":
    "Mark secrets with isSecret, and never put their values into a message, a hint, an error or the log.",
  "factory-create":
    "Build in create and nothing else: no promise, no I/O, no timer, a new product each time that shares no state with the one before.",
} as const;

/** Id of a rule: an anchor of docs/plugins/conformance.md. @public */
export type ConformanceRule = keyof typeof CONFORMANCE_RULES;
