import type { Socket } from "bun";

/*
 * A bare HTTP/1.1 server for tests: it writes what it is told to, also lengths that are wrong and bodies that break
 * off, which Bun.serve would put right.
 */

export type WireRequest = {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
};

export type WireResponse = {
  /** True once the client has gone. */
  readonly isClosed: boolean;
  /** Resolves once the kernel has taken all of it; false where the client went before. */
  write(bytes: Uint8Array | string): Promise<boolean>;
  /** Ends the connection in the middle, what was written before included. */
  cut(): void;
  /** Breaks the connection off; what is under way is lost. */
  reset(): void;
};

export type WireHandler = (request: WireRequest, response: WireResponse) => Promise<void>;

export type WireServer = Disposable & { readonly url: string; readonly openConnections: number };

const maxHeadBytes = 64 * 1024;

type Connection = { head: string; closed: boolean; drained: () => void; queue: Promise<void> };

export function listenWire(handler: WireHandler): WireServer {
  let open = 0;
  const server = Bun.listen<Connection>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        open += 1;
        socket.data = { head: "", closed: false, drained: () => undefined, queue: Promise.resolve() };
      },
      data(socket, bytes) {
        const connection = socket.data;
        connection.head += bytes.toString("latin1");
        if (connection.head.length > maxHeadBytes) return socket.terminate();
        for (;;) {
          const end = connection.head.indexOf("\r\n\r\n");
          if (end < 0) return;
          const request = readHead(connection.head.slice(0, end));
          connection.head = connection.head.slice(end + 4);
          connection.queue = connection.queue.then(() => answer(socket, request, handler));
        }
      },
      drain: (socket) => socket.data.drained(),
      close(socket) {
        open -= 1;
        socket.data.closed = true;
        socket.data.drained();
      },
      error: () => undefined,
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    get openConnections() {
      return open;
    },
    [Symbol.dispose]: () => server.stop(true),
  };
}

async function answer(socket: Socket<Connection>, request: WireRequest, handler: WireHandler): Promise<void> {
  const connection = socket.data;
  await handler(request, {
    get isClosed() {
      return connection.closed;
    },
    async write(content) {
      let rest = typeof content === "string" ? Buffer.from(content, "latin1") : content;
      while (rest.byteLength > 0 && !connection.closed) {
        const drained = new Promise<void>((resolve) => {
          connection.drained = resolve;
        });
        const count = socket.write(rest);
        if (count < 0) break;
        rest = rest.subarray(count);
        if (rest.byteLength > 0) await drained;
      }
      return !connection.closed;
    },
    cut: () => {
      socket.end();
    },
    reset: () => socket.terminate(),
  });
}

function readHead(head: string): WireRequest {
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const [path = "", query = ""] = target.split("?");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, path: decodeURIComponent(path), query, headers: new Map(headers) };
}
