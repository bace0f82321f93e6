import type { ServiceError } from "../errors.js";
import type { RecordsAnswer } from "../operations/reading.js";
import type { PutOutcome } from "../operations/writing.js";

/** One of the two formats that requests and answers travel in. */
export interface Wire {
  readonly contentType: string;
  readonly isJson: boolean;
  /** @throws SerializationException. */
  decode(body: Buffer): unknown;
  encode(answer: object): Buffer;
  /** Answers with many records are written without making an object of each. */
  encodeRecords(answer: RecordsAnswer): Buffer[];
  encodePut(outcome: PutOutcome): Buffer;
  /** An event of a subscription. */
  encodeEvent(answer: RecordsAnswer, continuation: string | undefined): Buffer[];
}

/** The body of an error, before it is written. */
export function errorBody(error: ServiceError): object {
  return error.message === "" ? { __type: error.type } : { __type: error.type, message: error.message };
}
