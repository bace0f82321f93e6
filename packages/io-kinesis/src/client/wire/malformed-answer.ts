/**
 * An answer with status 200 that is none of the operation's: a proxy's page, half a document. Taking it for an empty
 * answer would end a shard, or lose records; the call is made again.
 */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";

  constructor(operation: string, lacks: string) {
    super(`the answer to ${operation} is not one of Kinesis: ${lacks}`);
  }
}
