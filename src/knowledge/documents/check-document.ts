import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Chunk, NewDocument } from "../knowledge.ts";

/** Chunks of a document; beyond them it is to be split. */
export const maxChunks = 20_000;
/** Of a chunk, in UTF-16 units. */
export const maxChunkCharacters = 32_768;
export const maxAttributesCharacters = 65_536;
const maxAttributes = 128;
const maxSourceCharacters = 4_096;
const maxHashCharacters = 256;
const maxShownCharacters = 100;

/** Throws AppError invalid_request naming the document and what is wrong with it. */
export function checkDocument(document: NewDocument): void {
  const { source, root, contentHash, chunks, attributes } = document;
  const name = source.slice(0, maxShownCharacters);
  requireText("a document's source", source, maxSourceCharacters);
  if (root !== undefined) requireText(`the root of ${name}`, root, maxSourceCharacters);
  requireText(`the content hash of ${name}`, contentHash, maxHashCharacters);
  if (chunks.length === 0) throw refuse(`the document ${name} has no text`);
  if (chunks.length > maxChunks) {
    throw refuse(`the document ${name} has ${chunks.length} chunks and ${maxChunks} is the most; split it`);
  }
  for (const [index, chunk] of chunks.entries()) checkChunk(`chunk ${index} of ${name}`, chunk);
  checkAttributes(name, attributes);
}

export function checkAttributes(name: string, attributes: JsonObject): void {
  const count = Object.keys(attributes).length;
  if (count > maxAttributes) {
    throw refuse(`the document ${name} has ${count} attributes and ${maxAttributes} is the most`);
  }
  const { length } = JSON.stringify(attributes);
  if (length <= maxAttributesCharacters) return;
  throw refuse(
    `the attributes of ${name} have ${length} characters and ${maxAttributesCharacters} is the most; keep long texts in the document`,
  );
}

function checkChunk(name: string, { text, startLine, endLine }: Chunk): void {
  if (text.trim() === "") throw refuse(`${name} is blank`);
  if (text.length > maxChunkCharacters) {
    throw refuse(`${name} has ${text.length} characters and ${maxChunkCharacters} is the most; cut it`);
  }
  if (
    Number.isSafeInteger(startLine) &&
    Number.isSafeInteger(endLine) &&
    1 <= startLine &&
    startLine <= endLine
  )
    return;
  throw refuse(`${name} has the lines ${startLine} to ${endLine}; lines count from 1`);
}

function requireText(name: string, text: string, max: number): void {
  if (text === "") throw refuse(`${name} is empty`);
  if (text.length > max) throw refuse(`${name} has ${text.length} characters and ${max} is the most`);
}

function refuse(message: string): AppError {
  return new AppError("invalid_request", message);
}
