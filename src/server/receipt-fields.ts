import type { Citation, JsonObject, Receipt } from "../contract/index.ts";
import { withoutUndefined } from "./without-undefined.ts";

/** Where the answer was made and by which rule: `local; rule=named; model=hearth-demo`. */
export const routeHeader = "x-hearth-route";
/** How a stored answer was looked up: `exact; age=12`, `semantic; similarity=0.973; age=40`, `miss`. */
export const cacheHeader = "x-hearth-cache";

/** Names in a receipt may come from clients, so they are escaped. */
export function toReceiptHeaders({
  answeredBy,
  route,
  cache,
}: Receipt): readonly (readonly [string, string])[] {
  const routed = [route.kind, `rule=${toToken(route.rule)}`, `model=${toToken(answeredBy)}`].join("; ");
  if (cache.outcome === "off") return [[routeHeader, routed]];
  const { similarity, ageSeconds } = cache;
  const looked = [
    cache.outcome,
    ...(similarity === undefined ? [] : [`similarity=${similarity.toFixed(4)}`]),
    ...(ageSeconds === undefined ? [] : [`age=${Math.max(0, Math.round(ageSeconds))}`]),
  ];
  return [
    [routeHeader, routed],
    [cacheHeader, looked.join("; ")],
  ];
}

function toToken(name: string): string {
  return encodeURIComponent(name.toWellFormed())
    .replaceAll("%40", "@")
    .replaceAll("%3A", ":")
    .replaceAll("%2F", "/");
}

/** What the body tells of the texts that the answer was given; undefined where none were asked for. */
export function toReceiptField({ context }: Receipt): JsonObject | undefined {
  if (!context) return undefined;
  const { collections, citations, mode, reason } = context;
  return withoutUndefined({
    ...{ collections, mode, reason },
    citations: citations.map(toCitationField),
  }) as JsonObject;
}

function toCitationField({ startLine, endLine, chunkId, fileId, ...citation }: Citation) {
  const { index, collection, source, filename, score, text } = citation;
  return withoutUndefined({
    ...{ index, collection, source, file_id: fileId, filename, score, text },
    ...{ start_line: startLine, end_line: endLine, chunk_id: chunkId },
  });
}
