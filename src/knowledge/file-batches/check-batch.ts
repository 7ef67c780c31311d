import { AppError } from "../../base/index.ts";
import { checkAttributes } from "../documents/check-document.ts";
import type { NewFileBatch } from "./file-batch.ts";

/** Files of one batch. */
export const maxBatchFiles = 2_000;
/** Attributes of all files of a batch together, as JSON. */
export const maxBatchAttributesCharacters = 4_194_304;

type NewFile = NewFileBatch["files"][number];

/** The files, each once. Throws AppError invalid_request for what is too much, and for one that is given in two ways. */
export function checkBatch(files: readonly NewFile[]): readonly NewFile[] {
  if (files.length === 0) throw refuse("a batch without a file was asked for; give at least one");
  if (files.length > maxBatchFiles) {
    throw refuse(
      `${files.length} files were given and ${maxBatchFiles} is the most of one batch; make several`,
    );
  }
  const texts = new Map<string, string>();
  const each: NewFile[] = [];
  let characters = 0;
  for (const file of files) {
    const text = JSON.stringify(file.attributes);
    const earlier = texts.get(file.fileId);
    if (earlier !== undefined && earlier !== text) {
      throw refuse(`the file ${file.fileId} is given twice with different attributes; give it once`);
    }
    if (earlier !== undefined) continue;
    checkAttributes(file.fileId, file.attributes);
    texts.set(file.fileId, text);
    characters += text.length;
    each.push(file);
  }
  if (characters <= maxBatchAttributesCharacters) return each;
  throw refuse(
    `the attributes of the batch have ${characters} characters and ${maxBatchAttributesCharacters} is the most; make several batches`,
  );
}

function refuse(message: string): AppError {
  return new AppError("invalid_request", message);
}
