import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** Passes bytes on to a server, and can keep back what clients send. */
export class GatedProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  #isShut = false;

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          this.#sockets.delete(socket);
          this.#clients.delete(client);
          client.destroy();
          server.destroy();
        });
      }
      this.#clients.add(client);
      client.on("data", (bytes) => server.write(bytes));
      server.on("data", (bytes) => client.write(bytes));
      if (this.#isShut) client.pause();
    });
  }

  static async start(endpoint: string): Promise<GatedProxy> {
    const proxy = new GatedProxy(new URL(endpoint));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  shut(): void {
    this.#isShut = true;
    for (const client of this.#clients) client.pause();
  }

  open(): void {
    this.#isShut = false;
    for (const client of this.#clients) client.resume();
  }

  /** Every connection that is open stays open, and nothing comes through it any more; new ones work. */
  deafen(): void {
    for (const socket of this.#sockets) {
      socket.removeAllListeners("data");
      socket.resume();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
