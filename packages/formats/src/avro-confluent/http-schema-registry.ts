/** The REST interface of schema registries. Confluent documentation, Schema Registry API reference. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { TributaryError } from "@tributary/core";
import type { DiagnosticCode, FormatServices } from "@tributary/core";
import { injectable } from "inversify";
import { NoAnswer, exchange } from "../registry/http-exchange.js";
import type { HttpAnswer } from "../registry/http-exchange.js";
import { withRetries } from "../registry/retries.js";
import { shorten } from "../text/excerpt.js";
import { AVRO_CONFLUENT } from "./avro-confluent-options.js";
import type { SchemaRegistrySettings } from "./registry-settings.js";
import type { RegisteredSchema, SchemaRegistries, SchemaRegistry } from "./schema-registry.js";
import { tlsOptions } from "./tls-files.js";

const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
const SCHEMA_NOT_FOUND = 40403;
/** Statuses of a registry that may answer the next time. */
const PASSING_STATUSES = new Set([408, 429, 500, 502, 503, 504]);
const SOCKETS_MAX = 8;
/** Schemas that one schema names, directly and through others. */
const REFERENCES_MAX = 1_000;

/** Registries over HTTP; connections are kept until the registry of factories is disposed of. */
@injectable()
export class HttpSchemaRegistries implements SchemaRegistries {
  readonly #connected: HttpSchemaRegistry[] = [];

  connect(settings: SchemaRegistrySettings): SchemaRegistry {
    const registry = new HttpSchemaRegistry(settings);
    this.#connected.push(registry);
    return registry;
  }

  /** Closes all connections. */
  dispose(): void {
    for (const registry of this.#connected.splice(0)) registry.close();
  }
}

interface Call {
  readonly method: "GET" | "POST";
  /** Below the base address. */
  readonly path: string;
  readonly body?: string;
  /** What is asked for, for messages: behind "asked ". */
  readonly purpose: string;
}

/** The registry answered that it will not or cannot do it. */
class Refused extends Error {
  readonly answer: HttpAnswer;
  readonly errorCode: number | undefined;

  constructor(answer: HttpAnswer) {
    const body = objectOf(answer.text);
    const text = typeof body?.["message"] === "string" ? body["message"] : answer.text;
    super(shorten(text.trim()));
    this.answer = answer;
    this.errorCode = typeof body?.["error_code"] === "number" ? body["error_code"] : undefined;
  }
}

class HttpSchemaRegistry implements SchemaRegistry {
  readonly #settings: SchemaRegistrySettings;
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();
  /** Which address answered last. */
  #urlIndex = 0;

  constructor(settings: SchemaRegistrySettings) {
    this.#settings = settings;
  }

  async schemaById(id: number, services: FormatServices): Promise<RegisteredSchema | undefined> {
    const purpose = `for the schema with the id ${id}`;
    const call: Call = { method: "GET", path: `schemas/ids/${id}`, purpose };
    const body = await this.#ask(call, services, (refused) => refused.errorCode === SCHEMA_NOT_FOUND);
    if (body === undefined) return undefined;
    const { schema, schemaType } = body;
    if (typeof schema !== "string") throw this.#failure(call, "EXTERNAL_FAILED", "the answer has no schema");
    const references = await this.#references(body, call, services, new Map());
    return {
      schema,
      ...(typeof schemaType === "string" && { schemaType }),
      ...(references.length > 0 && { references }),
    };
  }

  async register(subject: string, schema: string, services: FormatServices): Promise<number> {
    const call: Call = {
      method: "POST",
      path: `subjects/${encodeURIComponent(subject)}/versions`,
      body: JSON.stringify({ schema }),
      purpose: `to register the schema under the subject '${subject}'`,
    };
    const { id } = (await this.#ask(call, services)) as Readonly<Record<string, unknown>>;
    if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 2 ** 32) return id;
    throw this.#failure(call, "EXTERNAL_FAILED", "the answer has no id");
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  /** Texts of what a schema refers to, depth first, each once. */
  async #references(
    { references }: Readonly<Record<string, unknown>>,
    call: Call,
    services: FormatServices,
    seen: Map<string, string>,
  ): Promise<readonly string[]> {
    if (!Array.isArray(references)) return [];
    for (const one of references as readonly Readonly<Record<string, unknown>>[]) {
      const { subject, version } = one;
      const path = `subjects/${encodeURIComponent(String(subject))}/versions/${encodeURIComponent(String(version))}`;
      if (seen.has(path)) continue;
      if (seen.size >= REFERENCES_MAX) {
        throw this.#failure(
          call,
          "EXTERNAL_FAILED",
          `the schema refers to more than ${REFERENCES_MAX} others`,
        );
      }
      // A place first: schemas that refer to each other would go round in circles.
      seen.set(path, "");
      const purpose = `for version ${String(version)} of the subject '${String(subject)}', which ${call.purpose.replace(/^for /, "")} refers to`;
      const inner: Call = { method: "GET", path, purpose };
      const body = (await this.#ask(inner, services)) as Readonly<Record<string, unknown>>;
      const { schema } = body;
      if (typeof schema !== "string")
        throw this.#failure(inner, "EXTERNAL_FAILED", "the answer has no schema");
      await this.#references(body, call, services, seen);
      // Behind what it needs itself.
      seen.delete(path);
      seen.set(path, schema);
    }
    return [...seen.values()];
  }

  /** @returns `undefined` if the refusal is an answer, too. */
  async #ask(
    call: Call,
    services: FormatServices,
    isAnswer: (refused: Refused) => boolean = () => false,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { retriesMax, retryWaitMs, retryWaitMaxMs } = this.#settings;
    const policy = { retriesMax, waitMs: retryWaitMs, waitMaxMs: retryWaitMaxMs };
    try {
      const answer = await withRetries(() => this.#try(call, services), mayRetry, policy, services);
      const body = objectOf(answer.text);
      if (body !== undefined) return body;
    } catch (error) {
      if (error instanceof Refused && isAnswer(error)) return undefined;
      throw error instanceof Refused || error instanceof NoAnswer ? this.#explain(call, error) : error;
    }
    throw this.#failure(
      call,
      "EXTERNAL_FAILED",
      "the answer is no JSON object: is that the registry's address?",
    );
  }

  async #try({ method, path, body }: Call, services: FormatServices): Promise<HttpAnswer> {
    const { authorization, timeoutMs } = this.#settings;
    const url = new URL(`${this.#url}/${path}`);
    const headers: Record<string, string> = { accept: CONTENT_TYPE };
    if (authorization !== undefined) headers["authorization"] = authorization;
    if (body !== undefined) {
      headers["content-type"] = CONTENT_TYPE;
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    try {
      const sent = {
        method,
        url,
        headers,
        agent: this.#agentFor(url),
        timeoutMs,
        ...(body !== undefined && { body }),
      };
      const answer = await exchange(sent, services);
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw new Refused(answer);
    } catch (error) {
      if (mayRetry(error)) this.#urlIndex++;
      throw error;
    }
  }

  get #url(): string {
    const { urls } = this.#settings;
    return urls[this.#urlIndex % urls.length] as string;
  }

  #agentFor({ protocol }: URL): HttpAgent | HttpsAgent {
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      const common = { keepAlive: true, maxSockets: SOCKETS_MAX };
      agent =
        protocol === "https:"
          ? new HttpsAgent({ ...common, ...tlsOptions(this.#settings) })
          : new HttpAgent(common);
      this.#agents.set(protocol, agent);
    }
    return agent;
  }

  #explain(call: Call, error: Refused | NoAnswer): TributaryError {
    if (error instanceof NoAnswer) {
      const hint = error.isLasting
        ? `Name the certificate's issuer with '${AVRO_CONFLUENT}.ssl.truststore.location'.`
        : `Is the registry up, and '${AVRO_CONFLUENT}.url' its address?`;
      return this.#failure(call, "SERVICE_UNAVAILABLE", `no answer (${error.reason})`, {
        hint,
        cause: error,
      });
    }
    const { status } = error.answer;
    const code = error.errorCode === undefined ? `${status}` : `${status}, error code ${error.errorCode}`;
    const reason = `the answer is ${code}${error.message === "" ? "" : `: ${error.message}`}`;
    if (status === 401 || status === 403) {
      const hint = `Set '${AVRO_CONFLUENT}.basic-auth.user-info' or '${AVRO_CONFLUENT}.bearer-auth.token', or give the identity that right.`;
      return this.#failure(call, "ACCESS_DENIED", reason, { hint, cause: error });
    }
    if (PASSING_STATUSES.has(status)) {
      return this.#failure(call, "SERVICE_UNAVAILABLE", reason, { cause: error });
    }
    return this.#failure(call, "EXTERNAL_FAILED", reason, { cause: error });
  }

  #failure(
    { purpose }: Call,
    code: DiagnosticCode,
    reason: string,
    { hint, cause }: { readonly hint?: string; readonly cause?: unknown } = {},
  ): TributaryError {
    return new TributaryError(
      {
        severity: "error",
        code,
        message: `The schema registry ${this.#settings.urls.join(", ")} was asked ${purpose}: ${reason.replace(/\.$/, "")}.`,
        connector: AVRO_CONFLUENT,
        ...(hint === undefined ? {} : { hint }),
      },
      { cause, retryable: code === "SERVICE_UNAVAILABLE" },
    );
  }
}

function mayRetry(error: unknown): boolean {
  if (error instanceof NoAnswer) return !error.isLasting;
  return error instanceof Refused && PASSING_STATUSES.has(error.answer.status);
}

/** The object of a JSON text, if it is one. */
function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json)
      ? (json as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
