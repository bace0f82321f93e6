import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from "node:http";
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { KinesisEmulatorError } from "../errors.js";

/** How a cleartext HTTP/2 connection begins (RFC 9113, section 3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** So many bytes tell it apart from any HTTP/1.1 method. */
const PREFACE_BYTES_READ = 4;
const WINDOW_BYTES = 16 * 1024 * 1024;
const STREAMS_MAX = 10_000;

/** One port that speaks HTTP/1.1 and cleartext HTTP/2, told apart by the first bytes of a connection. */
export class Listener {
  readonly #server: Server;
  readonly #http1: HttpServer;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(handle: RequestListener) {
    this.#http1 = createHttpServer(
      { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, noDelay: true },
      handle,
    );
    this.#http2 = createHttp2Server(
      { settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: STREAMS_MAX } },
      // Both kinds of request and response have the parts that are used here.
      handle as unknown as Parameters<Http2Server["on"]>[1] as never,
    );
    this.#http2.on("session", (session) => {
      this.#sessions.add(session);
      session.setLocalWindowSize(WINDOW_BYTES);
      session.on("error", () => {});
      session.on("close", () => this.#sessions.delete(session));
    });
    this.#http2.on("sessionError", () => {});
    this.#http1.on("clientError", (_error, socket) => socket.destroy());
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @returns the port. @throws KinesisEmulatorError `LISTEN_FAILED`. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        const hint = error.code === "EADDRINUSE" ? "; port 0 takes a free one" : "";
        reject(
          new KinesisEmulatorError(
            "LISTEN_FAILED",
            `cannot listen on ${host}:${port}: ${error.message}${hint}`,
            {
              cause: error,
            },
          ),
        );
      });
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all connections and gives the port back. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    const giveUp = (): void => {
      socket.destroy();
    };
    let first = Buffer.alloc(0);
    const sniff = (): void => {
      const more = socket.read() as Buffer | null;
      if (more !== null) first = Buffer.concat([first, more]);
      const isPreface = PREFACE.subarray(0, first.length).equals(first.subarray(0, PREFACE.length));
      if (isPreface && first.length < PREFACE_BYTES_READ) {
        socket.once("readable", sniff);
        return;
      }
      socket.off("end", giveUp);
      socket.unshift(first);
      (isPreface ? this.#http2 : this.#http1).emit("connection", socket);
    };
    socket.once("end", giveUp);
    socket.once("readable", sniff);
  }
}
