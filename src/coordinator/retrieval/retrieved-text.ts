import type { Citation } from "../../contract/index.ts";
import { fileIdAttribute, filenameAttribute, type Hit } from "../../knowledge/index.ts";

/** A text that was found, before it is known whether there is room for it. */
export type RetrievedText = Omit<Citation, "index">;

/** Of attributes only those that name an uploaded file; a client may have given them values of other types. */
export function toRetrievedText(hit: Hit): RetrievedText {
  const { collection, chunkId, source, startLine, endLine, score, text, attributes } = hit;
  const { [fileIdAttribute]: fileId, [filenameAttribute]: filename } = attributes;
  return {
    ...{ collection, chunkId, source, startLine, endLine, score, text },
    ...(typeof fileId === "string" && { fileId }),
    ...(typeof filename === "string" && { filename }),
  };
}
