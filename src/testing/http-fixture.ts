import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/*
 * An HTTP/1.1 server for tests of HTTP clients. It writes exactly the bytes that it is told to, ambiguous and broken
 * ones included, over TLS if asked to, and counts its connections, so that a test can see one left open.
 */

export type FixtureRequest = {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Names in lower case, as sent, in order; a name may stand twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
};

export type FixtureConnection = {
  readonly isOpen: boolean;
  /** Resolves once the kernel has taken it, or the client has gone. */
  write(bytes: Uint8Array | string): Promise<void>;
  /** Ends the connection after what was written. */
  end(bytes?: Uint8Array | string): void;
};

export type FixtureHandler = (request: FixtureRequest, connection: FixtureConnection) => void | Promise<void>;

export type HttpFixture = AsyncDisposable & {
  readonly port: number;
  readonly requests: readonly FixtureRequest[];
  readonly acceptedConnections: number;
  readonly openConnections: number;
};

export type HttpFixtureOptions = {
  readonly tls?: "valid" | "expired";
  /** Default: 127.0.0.1. */
  readonly address?: string;
};

/** A whole answer with its length, for handlers that have nothing unusual to send. */
export function writeHttpAnswer(
  answer: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Uint8Array | string;
  } = {},
): Uint8Array {
  const body = Buffer.from(answer.body ?? "");
  const headers = { "content-length": String(body.length), ...answer.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${answer.status ?? 200} Fixture\r\n${lines.join("")}\r\n`, "latin1"),
    body,
  ]);
}

/** Listens on a free port until the end of the `await using` scope, which also cuts what is still open. */
export async function startHttpFixture(
  handler: FixtureHandler,
  options: HttpFixtureOptions = {},
): Promise<HttpFixture> {
  const requests: FixtureRequest[] = [];
  const open = new Set<Socket>();
  let accepted = 0;
  function accept(socket: Socket): void {
    serve(socket, (request, connection) => {
      requests.push(request);
      return handler(request, connection);
    });
  }
  const server: Server =
    options.tls === undefined
      ? createPlainServer(accept)
      : createTlsServer({ key: fixtureKey, cert: certificates[options.tls] }, accept);
  server.on("tlsClientError", () => undefined);
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, options.address ?? "127.0.0.1", () => listening.resolve());
  await listening.promise;
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    requests,
    get acceptedConnections() {
      return accepted;
    },
    get openConnections() {
      return open.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}

function serve(socket: Socket, handler: FixtureHandler): void {
  let received = "";
  let isAnswered = false;
  socket.on("error", () => undefined);
  socket.on("data", (bytes: Buffer) => {
    received += bytes.toString("latin1");
    const request = isAnswered ? undefined : parseRequest(received);
    if (request === undefined) return;
    isAnswered = true;
    Promise.resolve(handler(request, createConnection(socket))).catch(() => socket.destroy());
  });
}

function createConnection(socket: Socket): FixtureConnection {
  return {
    get isOpen() {
      return !socket.destroyed && socket.writable;
    },
    async write(bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (socket.destroyed || !socket.writable) return;
      socket.once("close", resolve);
      socket.write(bytes, () => resolve());
      await promise;
      socket.off("close", resolve);
    },
    end: (bytes) => {
      socket.end(bytes ?? "");
    },
  };
}

/** Undefined until all of the request has come. */
function parseRequest(text: string): FixtureRequest | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const length = Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
  const body = text.slice(end + 4);
  return body.length < length ? undefined : { method, target, headers, body: body.slice(0, length) };
}

/** Signed by its own key, which opens nothing but these tests; for good.test, *.good.test and 127.0.0.1, to 2120. */
export const fixtureCertificate = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS6gAwIBAgIBATAKBggqhkjOPQQDAjAeMRwwGgYDVQQDDBNIZWFydGgg
dGVzdCBmaXh0dXJlMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAe
MRwwGgYDVQQDDBNIZWFydGggdGVzdCBmaXh0dXJlMFkwEwYHKoZIzj0CAQYIKoZI
zj0DAQcDQgAEbD2XAOM5Kl/WTLdk8L8qvLSD0hi4BA4zmugDPQYAA/rJhUHS1XEq
iF17NSbVW/fc/6STSt8Rwegf1HXgmlWyL6NbMFkwDwYDVR0TAQH/BAUwAwEB/zAn
BgNVHREEIDAegglnb29kLnRlc3SCCyouZ29vZC50ZXN0hwR/AAABMB0GA1UdDgQW
BBTmi+ndKKldyiieQgXvWXjDV0z0ODAKBggqhkjOPQQDAgNIADBFAiEAsQ2KvtXU
bAWKYRg5EqPUx69yM2oRQOcdjol6b3HDxikCIAkyVGfdUM9JJq+mKTI8gSluQFB+
VBKwn7wenIl8yuwK
-----END CERTIFICATE-----
`;

/** As the other, but over since 2020. */
const expiredCertificate = `-----BEGIN CERTIFICATE-----
MIIBhTCCASygAwIBAgIBAjAKBggqhkjOPQQDAjAeMRwwGgYDVQQDDBNIZWFydGgg
dGVzdCBmaXh0dXJlMB4XDTIwMDEwMTAwMDAwMFoXDTIwMDEwMjAwMDAwMFowHjEc
MBoGA1UEAwwTSGVhcnRoIHRlc3QgZml4dHVyZTBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABGw9lwDjOSpf1ky3ZPC/Kry0g9IYuAQOM5roAz0GAAP6yYVB0tVxKohd
ezUm1Vv33P+kk0rfEcHoH9R14JpVsi+jWzBZMA8GA1UdEwEB/wQFMAMBAf8wJwYD
VR0RBCAwHoIJZ29vZC50ZXN0ggsqLmdvb2QudGVzdIcEfwAAATAdBgNVHQ4EFgQU
5ovp3SipXcoonkIF71l4w1dM9DgwCgYIKoZIzj0EAwIDRwAwRAIgCS8uS/GwKF40
KC083hBWX4NsBaLzgPlPznuzrP0A6hYCIE9yLilvocR238hqwryaq7U7HC7yFtmQ
AzKn1i00/oVs
-----END CERTIFICATE-----
`;

const fixtureKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgR2RmILDgZUOWOinI
TDxvuViiknFqU7JFZf038+ctfJqhRANCAARsPZcA4zkqX9ZMt2Twvyq8tIPSGLgE
DjOa6AM9BgAD+smFQdLVcSqIXXs1JtVb99z/pJNK3xHB6B/UdeCaVbIv
-----END PRIVATE KEY-----
`;

const certificates = { valid: fixtureCertificate, expired: expiredCertificate } as const;
