import { statSync } from "node:fs";
import { openFileSource } from "./byte-source.ts";
import type { GgufHeader } from "./header.ts";
import { readGgufHeader } from "./read-header.ts";

/** A model is looked at when it is listed, planned and shown; its header is read once as long as its file stays as it is. */
const maxKeptHeaders = 16;
const kept = new Map<string, { readonly state: string; readonly header: GgufHeader }>();

/** The header of one file, unchecked. Throws AppError as `openFileSource` and `readGgufHeader` do. */
export function readFileHeader(path: string): GgufHeader {
  const state = describeState(path);
  const known = kept.get(path);
  kept.delete(path);
  const header = known && known.state === state ? known.header : read(path);
  if (state !== undefined) kept.set(path, { state, header });
  for (const oldest of kept.keys()) {
    if (kept.size <= maxKeptHeaders) break;
    kept.delete(oldest);
  }
  return header;
}

function read(path: string): GgufHeader {
  using source = openFileSource(path);
  return readGgufHeader(source);
}

/** Changes when the file is written or replaced; undefined where it cannot be looked at. */
function describeState(path: string): string | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    return status && `${status.ino} ${status.size} ${status.mtimeMs} ${status.ctimeMs}`;
  } catch {
    return undefined;
  }
}
