// Writes the bytes that a part lacks, checkpoint by checkpoint, and commits it; made to be killed on the way.
import { createBlobStore } from "./fs-blob-store.ts";
import { patternAt } from "./pattern.fixture.ts";

const [home = "", digest = "", total = "0"] = process.argv.slice(2);
const totalBytes = Number(total);
const stepBytes = 64 << 10;
const signal = new AbortController().signal;

const blobs = createBlobStore(home);
await using part = await blobs.openPart(digest, signal);
if (part) {
  let end = part.pieces.at(-1)?.[1] ?? 0;
  while (end < totalBytes) {
    const bytes = patternAt(end, Math.min(stepBytes, totalBytes - end));
    await part.write(end, bytes);
    end += bytes.byteLength;
    await part.checkpoint([[0, end]]);
  }
  await part.commit({ signal });
}
