import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import { PluginFailure } from "../../failure.ts";
import { createTooLarge } from "./client.ts";

const decoders = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  "raw deflate": promisify(inflateRaw),
  br: promisify(brotliDecompress),
} as const;

type Coding = keyof typeof decoders;

/**
 * Undoes a content-encoding, never into more than `maxBytes`. Servers that ignore `accept-encoding: identity` exist;
 * several codings over each other are only met in attacks and are refused.
 */
export async function decodeBody(
  body: Uint8Array,
  options: { readonly encoding: string | undefined; readonly host: string; readonly maxBytes: number },
): Promise<Uint8Array> {
  const { host, maxBytes } = options;
  const encoding = (options.encoding ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity" || body.length === 0) return body;
  const coding = findCoding(encoding, body);
  if (coding === undefined) {
    const shown = JSON.stringify(encoding.slice(0, 32));
    throw new PluginFailure(
      "http_failed",
      `${host} answered in the encoding ${shown}, which was not asked for; use a path that answers without`,
    );
  }
  try {
    return await decoders[coding](body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      throw createTooLarge(host, maxBytes);
    }
    throw new PluginFailure("http_failed", `the ${encoding} answer of ${host} is damaged; ask again`);
  }
}

function findCoding(encoding: string, body: Uint8Array): Coding | undefined {
  if (encoding === "deflate") return hasZlibHeader(body) ? "deflate" : "raw deflate";
  return encoding === "gzip" || encoding === "x-gzip" || encoding === "br" ? encoding : undefined;
}

/** RFC 1950 section 2.2; some servers send deflate without it. */
function hasZlibHeader(body: Uint8Array): boolean {
  const [first = 0, second = 0] = body;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}
