/**
 * The SDK's protocol for Kinesis with another codec for GetRecords and PutRecords: their answers and requests are most
 * of what a pipeline's client does, and the SDK's own codec walks a schema for every record. Endpoints, signing,
 * errors and all other operations are the SDK's, as is every answer that the scanner does not know.
 */
import type { Readable } from "node:stream";

import { AwsJson1_1Protocol } from "@aws-sdk/core/protocols";

import type { PutEntry, PutRefusal } from "../kinesis-client.js";
import { CborReader } from "./cbor-reader.js";
import { cborPutRefusals, jsonPutRefusals } from "./put-refusals.js";
import { lengthOf, readBody } from "./read-body.js";
import type { ScannedRecords } from "./record-slab.js";
import { scanCborRecords } from "./scan-cbor-records.js";
import { scanJsonRecords } from "./scan-json-records.js";
import { CBOR_CONTENT_TYPE } from "./wire.js";
import type { Wire } from "./wire.js";
import { writeCborMap, writePutCbor } from "./write-cbor.js";
import { writePutJson } from "./write-put-json.js";

type Settings = ConstructorParameters<typeof AwsJson1_1Protocol>[0];
type Operation = Parameters<AwsJson1_1Protocol["serializeRequest"]>[0];
type SerializeContext = Parameters<AwsJson1_1Protocol["serializeRequest"]>[2];
type Context = Parameters<AwsJson1_1Protocol["deserializeResponse"]>[1];
type Response = Parameters<AwsJson1_1Protocol["deserializeResponse"]>[2];
type Request = Awaited<ReturnType<AwsJson1_1Protocol["serializeRequest"]>>;
type Output = Awaited<ReturnType<AwsJson1_1Protocol["deserializeResponse"]>>;

/** Of a PutRecords command's input: what to write, in place of `Records`. */
export const ENTRIES = Symbol("entries");
/** Of a GetRecords command's output, in place of all other fields; absent if the SDK's codec has read it. */
export const SCANNED = Symbol("scanned");
/** Of a PutRecords command's output, in place of all other fields. */
export const REFUSALS = Symbol("refusals");

export interface HotInput {
  readonly [ENTRIES]?: readonly PutEntry[];
}

export interface HotOutput {
  readonly [SCANNED]?: ScannedRecords;
  readonly [REFUSALS]?: (entriesCount: number) => readonly PutRefusal[];
}

/** The protocol to give to a client, which makes an instance of it. */
export function hotProtocol(wire: Wire): new (settings: Settings) => AwsJson1_1Protocol {
  return wire === "cbor" ? CborHotProtocol : JsonHotProtocol;
}

class JsonHotProtocol extends AwsJson1_1Protocol {
  override async serializeRequest<Input extends object>(
    operation: Operation,
    input: Input,
    context: SerializeContext,
  ): Promise<Request> {
    const { [ENTRIES]: entries, ...rest } = input as HotInput;
    if (entries === undefined) return super.serializeRequest(operation, input, context);
    const request = await super.serializeRequest(operation, rest, context);
    request.body = writePutJson(entries, rest);
    return request;
  }

  override async deserializeResponse<Out extends Output>(
    operation: Operation,
    context: Context,
    response: Response,
  ): Promise<Out> {
    const { name } = operation;
    const isHot = name === "GetRecords" || name === "PutRecords";
    if (!isHot || this.isErrorResponse(response.statusCode)) {
      return super.deserializeResponse(operation, context, response);
    }
    const bytes = await bodyOf(response);
    if (name === "PutRecords") {
      return this.hotOutput(response, { [REFUSALS]: (count) => jsonPutRefusals(bytes, count) });
    }
    const scanned = scanJsonRecords(bytes);
    if (scanned !== undefined) return this.hotOutput(response, { [SCANNED]: scanned });
    response.body = bytes;
    return super.deserializeResponse(operation, context, response);
  }

  protected hotOutput<Out extends Output>(response: Response, output: HotOutput): Out {
    return { ...output, $metadata: this.deserializeMetadata(response) } as Output as Out;
  }
}

class CborHotProtocol extends JsonHotProtocol {
  override async serializeRequest<Input extends object>(
    operation: Operation,
    input: Input,
    context: SerializeContext,
  ): Promise<Request> {
    const { [ENTRIES]: entries, ...rest } = input as HotInput;
    if (!isCbor(operation)) return super.serializeRequest(operation, input, context);
    const request = await super.serializeRequest(operation, rest, context);
    request.body = entries === undefined ? writeCborMap(rest) : writePutCbor(entries, rest);
    request.headers["content-type"] = CBOR_CONTENT_TYPE;
    return request;
  }

  override async deserializeResponse<Out extends Output>(
    operation: Operation,
    context: Context,
    response: Response,
  ): Promise<Out> {
    // What stands before the service, a proxy or a load balancer, answers in something else.
    if (!isCbor(operation) || !contentTypeOf(response).startsWith(CBOR_CONTENT_TYPE)) {
      return super.deserializeResponse(operation, context, response);
    }
    const bytes = await bodyOf(response);
    if (this.isErrorResponse(response.statusCode)) {
      const error = bytes.length === 0 ? {} : new CborReader(bytes).value(0);
      return this.handleError(operation, context, response, error, this.deserializeMetadata(response));
    }
    if (operation.name === "PutRecords") {
      return this.hotOutput(response, { [REFUSALS]: (count) => cborPutRefusals(bytes, count) });
    }
    return this.hotOutput(response, { [SCANNED]: scanCborRecords(bytes) });
  }
}

function isCbor({ name }: Operation): boolean {
  return name === "GetRecords" || name === "PutRecords";
}

function contentTypeOf({ headers }: Response): string {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
}

async function bodyOf(response: Response): Promise<Buffer> {
  return readBody(response.body as Readable, lengthOf(response.headers));
}
