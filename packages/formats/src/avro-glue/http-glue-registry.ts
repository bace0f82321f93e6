/** The Glue Schema Registry by its API, of which six calls are needed. AWS Glue API Reference, schema registry. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { TributaryError } from "@tributary/core";
import type { DiagnosticCode, FormatServices } from "@tributary/core";
import { injectable } from "inversify";
import { NoAnswer, exchange } from "../registry/http-exchange.js";
import { withRetries } from "../registry/retries.js";
import { shorten } from "../text/excerpt.js";
import { AVRO_GLUE } from "./avro-glue-options.js";
import { defaultCredentials } from "./aws-credentials.js";
import type { CredentialSource } from "./aws-credentials.js";
import type { GlueSchema, GlueSchemaRegistries, GlueSchemaRegistry, GlueSettings } from "./glue-registry.js";
import { signedHeaders } from "./sign-request.js";

const CONTENT_TYPE = "application/x-amz-json-1.1";
const TIMEOUT_MS = 30_000;
const RETRIES = { retriesMax: 4, waitMs: 200, waitMaxMs: 10_000 };
/** How often and how long a new version is waited for: the service checks that it fits the others. */
const CHECKS_MAX = 50;
const CHECK_WAIT_MS = 200;
const SOCKETS_MAX = 8;
const DENIED = new Set([
  "AccessDeniedException",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "UnrecognizedClientException",
]);
const PASSING = new Set([
  "ConcurrentModificationException",
  "InternalFailure",
  "InternalServiceException",
  "OperationTimeoutException",
  "ServiceUnavailableException",
  "ThrottlingException",
]);

/** Registries of Glue; connections are kept until the registry of factories is disposed of. */
@injectable()
export class HttpGlueRegistries implements GlueSchemaRegistries {
  readonly #connected: HttpGlueRegistry[] = [];
  readonly #credentials = defaultCredentials();

  connect(settings: GlueSettings): GlueSchemaRegistry {
    const registry = new HttpGlueRegistry(settings, this.#credentials);
    this.#connected.push(registry);
    return registry;
  }

  /** Closes all connections. */
  dispose(): void {
    for (const registry of this.#connected.splice(0)) registry.close();
  }
}

type Json = Readonly<Record<string, unknown>>;

/** The service answered that it will not or cannot do it. */
class Refused extends Error {
  readonly type: string;
  readonly status: number;

  constructor(status: number, body: Json) {
    super(shorten(textOf(body["message"] ?? body["Message"]) ?? ""));
    this.status = status;
    // May have a namespace in front and an address behind.
    this.type = (textOf(body["__type"]) ?? `status ${status}`).replace(/^.*#/, "").replace(/:.*$/, "");
  }

  get isPassing(): boolean {
    return PASSING.has(this.type) || this.status >= 500 || this.status === 429;
  }
}

class HttpGlueRegistry implements GlueSchemaRegistry {
  readonly #settings: GlueSettings;
  readonly #credentials: CredentialSource;
  readonly #url: URL;
  #agent: HttpAgent | HttpsAgent | undefined;

  constructor(settings: GlueSettings, credentials: CredentialSource) {
    this.#settings = settings;
    this.#credentials = credentials;
    this.#url = new URL(settings.endpoint ?? regionalEndpoint(settings.region));
  }

  async schemaByVersionId(versionId: string, services: FormatServices): Promise<GlueSchema | undefined> {
    return this.#version({ SchemaVersionId: versionId }, `for the schema version ${versionId}`, services);
  }

  async latestSchema(services: FormatServices): Promise<GlueSchema | undefined> {
    const input = { SchemaId: this.#schemaId, SchemaVersionNumber: { LatestVersion: true } };
    return this.#version(input, `for the latest version of ${this.#name}`, services);
  }

  async versionIdOf(definition: string, services: FormatServices): Promise<string> {
    const purpose = `for the version of ${this.#name} with the table's definition`;
    const input = { SchemaId: this.#schemaId, SchemaDefinition: definition };
    const found = await this.#call("GetSchemaByDefinition", input, purpose, services, isNotFound);
    if (!(found instanceof Refused)) {
      const versionId = this.#versionId(found, purpose);
      return found["Status"] === "AVAILABLE" ? versionId : this.#whenChecked(versionId, services);
    }
    if (this.#settings.registersSchemas) return this.#register(definition, services);
    throw this.#failure("EXTERNAL_FAILED", purpose, "there is none", {
      hint: `Register it, or set '${AVRO_GLUE}.schema.autoRegistration' = 'true'.`,
    });
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  get #schemaId(): Json {
    const { registryName, schemaName } = this.#settings;
    return { RegistryName: registryName, SchemaName: schemaName };
  }

  get #name(): string {
    const { registryName, schemaName } = this.#settings;
    return `the schema '${schemaName}' in the registry '${registryName}'`;
  }

  /** As a new schema; as a new version if there is one of that name. */
  async #register(definition: string, services: FormatServices): Promise<string> {
    const { registryName, schemaName, compatibility } = this.#settings;
    const purpose = `to register ${this.#name}`;
    const version = { SchemaId: this.#schemaId, SchemaDefinition: definition };
    const added = await this.#call("RegisterSchemaVersion", version, purpose, services, isNotFound);
    if (!(added instanceof Refused)) {
      const versionId = this.#versionId(added, purpose);
      return added["Status"] === "AVAILABLE" ? versionId : this.#whenChecked(versionId, services);
    }
    const schema = {
      RegistryId: { RegistryName: registryName },
      SchemaName: schemaName,
      DataFormat: "AVRO",
      Compatibility: compatibility,
      SchemaDefinition: definition,
    };
    return this.#versionId(await this.#call("CreateSchema", schema, purpose, services), purpose);
  }

  async #whenChecked(versionId: string, services: FormatServices): Promise<string> {
    const purpose = `to check the version ${versionId} of ${this.#name}`;
    for (let check = 0; check < CHECKS_MAX; check++) {
      const { Status: status } = await this.#call(
        "GetSchemaVersion",
        { SchemaVersionId: versionId },
        purpose,
        services,
      );
      if (status === "AVAILABLE") return versionId;
      if (status !== "PENDING") {
        throw this.#failure("EXTERNAL_FAILED", purpose, `it is ${String(status)}`, {
          hint: "The schema does not fit the versions before it, by the compatibility that the registry asks for.",
        });
      }
      await services.clock.sleep(CHECK_WAIT_MS, services.signal);
    }
    throw this.#failure("SERVICE_UNAVAILABLE", purpose, "it is still pending");
  }

  async #version(input: Json, purpose: string, services: FormatServices): Promise<GlueSchema | undefined> {
    const found = await this.#call("GetSchemaVersion", input, purpose, services, isNotFound);
    if (found instanceof Refused) return undefined;
    const { SchemaDefinition: definition, DataFormat: dataFormat = "AVRO" } = found;
    if (typeof definition !== "string" || typeof dataFormat !== "string") {
      throw this.#failure("EXTERNAL_FAILED", purpose, "the answer has no definition");
    }
    return { versionId: textOf(found["SchemaVersionId"]) ?? "", definition, dataFormat };
  }

  #versionId({ SchemaVersionId: versionId }: Json, purpose: string): string {
    if (typeof versionId === "string") return versionId;
    throw this.#failure("EXTERNAL_FAILED", purpose, "the answer has no version id");
  }

  async #call(action: string, input: Json, purpose: string, services: FormatServices): Promise<Json>;
  async #call(
    action: string,
    input: Json,
    purpose: string,
    services: FormatServices,
    isAnswer: (refused: Refused) => boolean,
  ): Promise<Json | Refused>;
  async #call(
    action: string,
    input: Json,
    purpose: string,
    services: FormatServices,
    isAnswer: (refused: Refused) => boolean = () => false,
  ): Promise<Json | Refused> {
    try {
      return await withRetries(() => this.#try(action, input, services), mayRetry, RETRIES, services);
    } catch (error) {
      if (error instanceof NoAnswer) {
        throw this.#failure("SERVICE_UNAVAILABLE", purpose, `no answer (${error.reason})`, { cause: error });
      }
      if (!(error instanceof Refused)) throw error;
      if (isAnswer(error)) return error;
      const code = DENIED.has(error.type) || error.status === 403 ? "ACCESS_DENIED" : "EXTERNAL_FAILED";
      const reason = `${action} failed with ${error.type}${error.message === "" ? "" : `: ${error.message}`}`;
      const hint = code === "ACCESS_DENIED" ? { hint: `Allow the action glue:${action}.` } : {};
      throw this.#failure(error.isPassing ? "SERVICE_UNAVAILABLE" : code, purpose, reason, {
        ...hint,
        cause: error,
      });
    }
  }

  async #try(action: string, input: Json, services: FormatServices): Promise<Json> {
    const credentials = await this.#credentials();
    const body = JSON.stringify(input);
    const { region } = this.#settings;
    const plain = { "content-type": CONTENT_TYPE, "x-amz-target": `AWSGlue.${action}` };
    // Signatures are checked by the time of day, whatever clock the job runs by.
    const toSign = { url: this.#url, headers: plain, body, region, service: "glue", now: Date.now() };
    const headers = {
      ...signedHeaders(toSign, credentials),
      "content-length": String(Buffer.byteLength(body)),
    };
    const agent = (this.#agent ??= agentFor(this.#url));
    const answer = await exchange(
      { method: "POST", url: this.#url, headers, body, agent, timeoutMs: TIMEOUT_MS },
      services,
    );
    const json = objectOf(answer.text);
    if (answer.status === 200) return json;
    throw new Refused(answer.status, json);
  }

  #failure(
    code: DiagnosticCode,
    purpose: string,
    reason: string,
    { hint, cause }: { readonly hint?: string; readonly cause?: unknown } = {},
  ): TributaryError {
    return new TributaryError(
      {
        severity: "error",
        code,
        message: `The Glue Schema Registry at ${this.#url.origin} was asked ${purpose}: ${reason.replace(/\.$/, "")}.`,
        connector: AVRO_GLUE,
        ...(hint === undefined ? {} : { hint }),
      },
      { cause, retryable: code === "SERVICE_UNAVAILABLE" },
    );
  }
}

/** AWS General Reference, AWS Glue endpoints. */
function regionalEndpoint(region: string): string {
  return `https://glue.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

function agentFor({ protocol }: URL): HttpAgent | HttpsAgent {
  const settings = { keepAlive: true, maxSockets: SOCKETS_MAX };
  return protocol === "https:" ? new HttpsAgent(settings) : new HttpAgent(settings);
}

function isNotFound({ type }: Refused): boolean {
  return type === "EntityNotFoundException";
}

function mayRetry(error: unknown): boolean {
  if (error instanceof NoAnswer) return !error.isLasting;
  return error instanceof Refused && error.isPassing;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function objectOf(text: string): Json {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? (json as Json) : {};
  } catch {
    return {};
  }
}
