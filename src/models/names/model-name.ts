import { basename } from "node:path";
import { AppError } from "../../base/index.ts";
import { builtInModel } from "../built-in.ts";
import {
  formatHub,
  formatReference,
  looksLikePath,
  type ModelReference,
  maxNameChars,
  parseReference,
} from "./model-reference.ts";

const namelessFile = "model";

/**
 * What requests call a model: `qwen3:0.6b`, `hf.co/org/repo:Q4_K_M` (whatever its revision), or the stem of a file.
 * At most `maxNameChars` of letters, digits and `-_/.:`.
 */
export function toModelName(reference: ModelReference): string {
  switch (reference.kind) {
    case "registry":
      return formatReference(reference);
    case "hugging-face":
      return formatHub(reference, "");
    case "url":
      return nameFile(decodePath(new URL(reference.url).pathname));
    case "path":
      return nameFile(reference.path);
    default:
      return reference satisfies never;
  }
}

/** The name that a file without another one gets: its stem, other characters replaced. */
export function nameFile(path: string): string {
  const stem = basename(path).replace(/\.gguf$/i, "");
  const name = stem
    .replace(/[^\w.-]+/g, "-")
    .replace(/\.{2,}/g, ".")
    .replace(/^[^A-Za-z\d_]+/, "")
    .slice(0, maxNameChars);
  return name === "" ? namelessFile : name;
}

/** The full name of what a request names: `qwen3` is `qwen3:latest`; the built-in model has no tag. */
export function canonicalName(text: string): string {
  return text === builtInModel ? text : toModelName(parseReference(text));
}

/**
 * Names to look a request's model up by, best first: the text itself, its canonical name, and the name without a tag
 * that a client added to it, as stems of files have none. Empty for what no model can be called, paths among it.
 */
export function lookupNames(text: string): readonly string[] {
  if (looksLikePath(text) && text.includes("/")) return [];
  try {
    return [...new Set([text, canonicalName(text), text.replace(/:latest$/, "")])];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
