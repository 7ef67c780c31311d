import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Indexing, Unprepared } from "../indexing/indexing.ts";
import type { Documents } from "../knowledge.ts";
import type { FileStore } from "./file-store.ts";

/** Attributes that tie a document to the file it was made of. */
export const fileIdAttribute = "file_id";
export const filenameAttribute = "filename";

export type FileToAttach = {
  /** Whose the file is. */
  readonly tenant: string;
  readonly collection: string;
  readonly fileId: string;
  readonly attributes: JsonObject;
};

/** A file without text that could be searched is told by its name and the reason. */
export type AttachedFile = { readonly documentId: string } | (Unprepared & { readonly filename: string });

/** Puts the text of an uploaded file into a collection. Throws AppError not_found for a file that is not there. */
export type AttachFile = (file: FileToAttach, signal: AbortSignal) => Promise<AttachedFile>;

export type AttachDeps = {
  readonly files: Pick<FileStore, "get" | "read">;
  readonly documents: Pick<Documents, "add">;
  readonly prepare: Indexing["prepare"];
};

export function createAttachFile({ files, documents, prepare }: AttachDeps): AttachFile {
  return async function attachFile({ tenant, collection, fileId, attributes }, signal) {
    const { filename } = await files.get(tenant, fileId);
    const bytes = await files.read(tenant, fileId);
    const made = await prepare({ source: filename, bytes }, signal);
    if ("skipped" in made) return { ...made, filename };
    const tied = {
      ...made.attributes,
      ...attributes,
      [fileIdAttribute]: fileId,
      [filenameAttribute]: filename,
    };
    const document = { ...made, source: toFileSource(fileId), attributes: tied };
    const [added] = await documents.add(collection, [document], signal);
    if (added) return { documentId: added.id };
    throw new AppError("server_error", `${filename} was not added to ${collection}`);
  };
}

/** Of the document that a file was made into: two files of one name are two documents. */
export function toFileSource(fileId: string): string {
  return `files/${fileId}`;
}
