import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A call of STS, as it arrived. */
export interface StsCall {
  readonly action: string;
  readonly roleArn: string | null;
  readonly sessionName: string | null;
  readonly externalId: string | null;
  readonly token: string | null;
  /** Access key id that signed it; absent if nobody did. */
  readonly signedBy?: string;
}

/** A call of Kinesis, as it arrived. */
export interface KinesisCall {
  readonly operation: string;
  readonly signedBy?: string;
  readonly region?: string;
  readonly sessionToken?: string;
  readonly userAgent: string;
}

/**
 * The services that credentials come from, on one port of the loopback interface: STS, a container's credentials
 * endpoint, an instance's metadata service; and enough of Kinesis to see who signs its calls.
 */
export class AwsStandIn {
  readonly stsCalls: StsCall[] = [];
  readonly kinesisCalls: KinesisCall[] = [];
  /** The header `authorization` of each call of the container's endpoint. */
  readonly containerCalls: (string | undefined)[] = [];
  /** Lifetime of what is given out. */
  lifetimeMs = 3_600_000;
  /** Instead of an answer: status, type and text of an error of STS. */
  stsError: { readonly status: number; readonly code: string; readonly message: string } | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<AwsStandIn> {
    const server = createServer();
    const standIn = new AwsStandIn(server);
    server.on("request", (request, response) => standIn.#collect(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return standIn;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  reset(): void {
    this.stsCalls.length = 0;
    this.kinesisCalls.length = 0;
    this.containerCalls.length = 0;
  }

  #collect(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => this.#answer(request, String(Buffer.concat(pieces)), response));
  }

  #answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const { url = "", headers } = request;
    if (url.startsWith("/container")) {
      this.containerCalls.push(headers.authorization);
      return sendJson(response, this.#credentials("CONTAINER"));
    }
    if (url === "/latest/api/token") return void response.end("imds-token");
    if (url.startsWith("/latest/meta-data/iam/security-credentials")) {
      if (headers["x-aws-ec2-metadata-token"] !== "imds-token") return void response.writeHead(401).end();
      if (url.endsWith("/security-credentials/")) return void response.end("instance-role");
      return sendJson(response, { Code: "Success", ...this.#credentials("INSTANCE") });
    }
    if (headers["x-amz-target"] !== undefined) return this.#kinesis(request, response);
    return this.#sts(request, new URLSearchParams(body), response);
  }

  #kinesis({ headers }: IncomingMessage, response: ServerResponse): void {
    const scope = scopeOf(headers.authorization);
    const sessionToken = headers["x-amz-security-token"];
    this.kinesisCalls.push({
      operation: String(headers["x-amz-target"]).split(".")[1] ?? "",
      userAgent: headers["user-agent"] ?? "",
      ...scope,
      ...(typeof sessionToken === "string" ? { sessionToken } : {}),
    });
    sendJson(response, {
      StreamDescriptionSummary: { StreamName: "orders", StreamStatus: "ACTIVE", RetentionPeriodHours: 24 },
    });
  }

  #sts({ headers }: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
    const action = form.get("Action") ?? "";
    const signedBy = scopeOf(headers.authorization).signedBy;
    this.stsCalls.push({
      action,
      roleArn: form.get("RoleArn"),
      sessionName: form.get("RoleSessionName"),
      externalId: form.get("ExternalId"),
      token: form.get("WebIdentityToken"),
      ...(signedBy === undefined ? {} : { signedBy }),
    });
    response.setHeader("content-type", "text/xml");
    if (this.stsError !== undefined) {
      const { status, code, message } = this.stsError;
      response.writeHead(status);
      response.end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
      return;
    }
    const role = form.get("RoleArn")?.split("/").at(-1) ?? "";
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = this.#credentials(role.toUpperCase());
    response.end(
      `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>` +
        `<AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}</SecretAccessKey>` +
        `<SessionToken>${Token}</SessionToken><Expiration>${Expiration}</Expiration></Credentials></${action}Result></${action}Response>`,
    );
  }

  #credentials(name: string): {
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly Token: string;
    readonly Expiration: string;
  } {
    return {
      AccessKeyId: `AKIA${name}`,
      SecretAccessKey: `secret-of-${name}`,
      Token: `token-of-${name}`,
      Expiration: new Date(Date.now() + this.lifetimeMs).toISOString(),
    };
  }
}

function sendJson(response: ServerResponse, value: object): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

/** Of a signature: who signed, and for which region. */
function scopeOf(authorization: string | undefined): {
  readonly signedBy?: string;
  readonly region?: string;
} {
  const [, signedBy, region] = /Credential=([^/]+)\/[0-9]+\/([^/]+)\//.exec(authorization ?? "") ?? [];
  return signedBy === undefined || region === undefined ? {} : { signedBy, region };
}
