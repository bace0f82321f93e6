import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";

import type { S3Location } from "./s3-location.js";

const CONNECT_TIMEOUT_MS = 5_000;
/** Longest silence of the service within a call. */
const ANSWER_TIMEOUT_MS = 30_000;
const ATTEMPTS_MAX = 4;

/** What an object is, and when the service says that it is now. */
export interface S3Object {
  readonly bytes: Uint8Array;
  /** Changes with the content. */
  readonly etag: string | undefined;
  /** Both by the service's clock, in milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly now: number;
}

/** On what condition an object is written. */
export type PutCondition = "absent" | { readonly etag: string } | undefined;

/** The objects below a prefix: the few calls that checkpoints need. */
export class S3Objects {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  /** By the last answer's Date, in milliseconds since 1970. */
  #serviceNow = 0;

  constructor({ bucket, prefix, region, endpoint, isPathStyle }: S3Location) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#client = new S3Client({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      forcePathStyle: isPathStyle,
      maxAttempts: ATTEMPTS_MAX,
      // Stores that only speak the protocol may not know the newer checksums.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: new NodeHttpHandler({
        connectionTimeout: CONNECT_TIMEOUT_MS,
        requestTimeout: ANSWER_TIMEOUT_MS,
        throwOnRequestTimeout: true,
      }),
    });
    this.#client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const { headers } = answer.response as { readonly headers?: Readonly<Record<string, string>> };
        const date = Date.parse(headers?.["date"] ?? "");
        this.#serviceNow = Number.isNaN(date) ? Date.now() : date;
        return answer;
      },
      { step: "deserialize", priority: "low" },
    );
  }

  /** Names below the prefix that begin with `start`, in order. */
  async list(start: string): Promise<readonly string[]> {
    const names: string[] = [];
    let token: string | undefined;
    do {
      const answer = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix + start,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      for (const { Key } of answer.Contents ?? []) names.push((Key ?? "").slice(this.#prefix.length));
      token = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
    } while (token !== undefined);
    return names;
  }

  /** `undefined` if there is none. */
  async get(name: string): Promise<S3Object | undefined> {
    try {
      const answer = await this.#client.send(new GetObjectCommand(this.#object(name)));
      const now = this.#serviceNow;
      return {
        bytes: (await answer.Body?.transformToByteArray()) ?? new Uint8Array(),
        etag: answer.ETag,
        modifiedAt: answer.LastModified?.getTime() ?? now,
        now,
      };
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return undefined;
      throw error;
    }
  }

  /** @returns the object's tag; `undefined` if the condition does not hold and nothing was written. */
  async put(name: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | undefined> {
    try {
      const answer = await this.#client.send(
        new PutObjectCommand({
          ...this.#object(name),
          Body: bytes,
          ContentLength: bytes.length,
          ...(condition === "absent" ? { IfNoneMatch: "*" } : {}),
          ...(typeof condition === "object" ? { IfMatch: condition.etag } : {}),
        }),
      );
      return answer.ETag ?? "";
    } catch (error) {
      if (isRefusedCondition(error)) return undefined;
      throw error;
    }
  }

  /** One that is not there is fine. */
  async remove(name: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#object(name)));
  }

  close(): void {
    this.#client.destroy();
  }

  #object(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + name };
  }
}

/** 412: the object is not as it was; 409: somebody else is writing it; 404: the one to be replaced is gone. */
function isRefusedCondition(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return (
    name === "PreconditionFailed" ||
    name === "ConditionalRequestConflict" ||
    name === "NoSuchKey" ||
    $metadata?.httpStatusCode === 412
  );
}

/** Does the store not know conditional writes? Amazon S3 does since 2024; older or simpler ones answer 501. */
export function isUnknownCondition(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return name === "NotImplemented" || $metadata?.httpStatusCode === 501;
}
