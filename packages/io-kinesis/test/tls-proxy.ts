import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import type { Server } from "node:tls";

/** Of localhost, signed by itself, for tests alone: nobody trusts it. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUNbvVHKQPofkXUQjMOnkoKsGTUVAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA1MTIyM1oYDzIxMjYxMDMw
MDUxMjIzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATTpvs74R32NxyNdTydW6Rcqlgc3LqsUSry8kqW9f58rDSy0V8oCdbI
uz+8OQ9/JbsOxLQQ8W/BkC/NXuLiqJ7ro1MwUTAdBgNVHQ4EFgQUDz/JJx5RvCp/
1RlSb35zl8xQm8cwHwYDVR0jBBgwFoAUDz/JJx5RvCp/1RlSb35zl8xQm8cwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBiEbGNWglrN1ixgRkB2a+8
IDdUUuJQjHqaxqJaZecSAgIgGPpiGqJ3LJNkJuz2s1jUZb04jKxzWg/UWKhBURAF
mEk=
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeGm/m0LBP3b2rBA0
JHI3qTl8/bNnBXkpHvrUH5sEyfKhRANCAATTpvs74R32NxyNdTydW6Rcqlgc3Lqs
USry8kqW9f58rDSy0V8oCdbIuz+8OQ9/JbsOxLQQ8W/BkC/NXuLiqJ7r
-----END PRIVATE KEY-----
`;

/** TLS in front of an emulator, with a certificate that nobody has signed. Counts the connections that come about. */
export class TlsProxy {
  readonly endpoint: string;
  connections = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("secureConnection", () => (this.connections += 1));
  }

  /** @param protocols - offered by ALPN, the best first. */
  static async start(target: string, protocols: readonly string[]): Promise<TlsProxy> {
    const { hostname, port } = new URL(target);
    const sockets = new Set<Socket>();
    const server = createServer({ cert: CERTIFICATE, key: KEY, ALPNProtocols: [...protocols] }, (client) => {
      const upstream = connect(Number(port), hostname);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream).pipe(client);
    });
    // A client that does not trust the certificate.
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TlsProxy(server, sockets);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
