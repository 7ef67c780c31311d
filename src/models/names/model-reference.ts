import { AppError, shortenText } from "../../base/index.ts";
import { isLoopback } from "../../config/index.ts";

/*
 * How models are named, wherever a name is read: command line, requests, configuration.
 *
 *   reference  = registry | hugging | url | path
 *   registry   = [[host "/"] namespace "/"] model [":" tag]
 *   hugging    = ("hf.co" | "huggingface.co") "/" org "/" repo ["@" revision] [":" quant | ":" file | "/" file]
 *              | "https://" ("hf.co" | "huggingface.co") "/" org "/" repo
 *                [("/tree/" | "/blob/" | "/resolve/") revision ["/" file]]
 *   url        = "https://" … ".gguf"       (http:// for this machine alone, unless allowed)
 *   path       = "/…" | "./…" | "../…" | "~/…" | … ".gguf"
 *   file       = {part "/"} part ".gguf"
 *
 * A part starts with a letter, a digit or "_" and goes on with those, "-" and "."; never with "..". A host may end
 * in a port. What is left out: host registry.ollama.ai, namespace library, tag latest, revision main.
 */

export const defaultHost = "registry.ollama.ai";
export const defaultNamespace = "library";
export const defaultTag = "latest";
export const defaultRevision = "main";
export const hubHost = "hf.co";

/** Longest name of a model, as requests give it. */
export const maxNameChars = 255;
const maxPathChars = 4096;
const maxUrlChars = 2048;
const hubHosts: ReadonlySet<string> = new Set([hubHost, "huggingface.co"]);
const modelFileEnding = /\.gguf$/i;

export type RegistryReference = {
  readonly kind: "registry";
  /** Lower case, with its port where one was given. */
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
};

/** Which file of a Hugging Face repository is meant. */
export type FileChoice =
  | { readonly by: "default" }
  /** Upper case, such as `Q4_K_M`. */
  | { readonly by: "quant"; readonly quant: string }
  /** A path inside the repository, of valid parts. */
  | { readonly by: "file"; readonly file: string };

export type HubReference = {
  readonly kind: "hugging-face";
  readonly organisation: string;
  readonly repository: string;
  readonly revision: string;
  readonly choice: FileChoice;
};

export type UrlReference = { readonly kind: "url"; readonly url: string };
export type PathReference = { readonly kind: "path"; readonly path: string };

export type ModelReference = RegistryReference | HubReference | UrlReference | PathReference;

export type ParseOptions = {
  /** Plain http:// also to other machines. */
  readonly allowInsecure?: boolean;
};

/** Reads a reference by the grammar above. Throws AppError invalid_request that says what is wrong with it. */
export function parseReference(text: string, { allowInsecure = false }: ParseOptions = {}): ModelReference {
  if (text === "") throw invalid(text, "it is empty");
  if (hasControl(text)) throw invalid(text, "it has a control character");
  if (/^https?:\/\//i.test(text)) return parseUrl(text, allowInsecure);
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) throw invalid(text, "only https:// addresses are fetched");
  const [first = "", ...rest] = text.split("/");
  if (hubHosts.has(first.toLowerCase())) return parseHub(text, rest);
  if (looksLikePath(text)) return parsePath(text);
  return parseRegistry(text);
}

/** Whether a reference is a path rather than a name. */
export function looksLikePath(text: string): boolean {
  if (/^(https?:\/\/|hf\.co\/|huggingface\.co\/)/i.test(text)) return false;
  return /^(\/|\.\.?\/|~\/)/.test(text) || text === ".." || text === "." || modelFileEnding.test(text);
}

/** The canonical short form, which parses to the same reference again. */
export function formatReference(reference: ModelReference): string {
  switch (reference.kind) {
    case "registry": {
      const { host, namespace, model, tag } = reference;
      if (host !== defaultHost) return `${host}/${namespace}/${model}:${tag}`;
      return namespace === defaultNamespace ? `${model}:${tag}` : `${namespace}/${model}:${tag}`;
    }
    case "hugging-face": {
      const { revision } = reference;
      return formatHub(reference, revision === defaultRevision ? "" : `@${revision}`);
    }
    case "url":
      return reference.url;
    case "path":
      return reference.path;
    default:
      return reference satisfies never;
  }
}

/** `hf.co/org/repo:QUANT`, with what stands behind the repository's name. */
export function formatHub({ organisation, repository, choice }: HubReference, suffix: string): string {
  const start = `${hubHost}/${organisation}/${repository}${suffix}`;
  switch (choice.by) {
    case "default":
      return `${start}:${defaultTag}`;
    case "quant":
      return `${start}:${choice.quant}`;
    case "file":
      return `${start}/${choice.file}`;
    default:
      return choice satisfies never;
  }
}

function parseRegistry(text: string): RegistryReference {
  const parts = text.split("/");
  if (parts.length > 3) throw invalid(text, "a name has at most three parts: host/namespace/model:tag");
  const last = parts.pop() ?? "";
  const [model = "", tag = defaultTag, ...more] = last.split(":");
  if (more.length > 0) throw invalid(text, "it has more than one tag");
  const namespace = parts.pop() ?? defaultNamespace;
  const host = (parts.pop() ?? defaultHost).toLowerCase();
  if (/[.:]/.test(namespace)) {
    const hint = `${namespace}/${defaultNamespace}/${last}`;
    throw invalid(text, `a registry's host needs a namespace behind it, as in ${cut(hint)}`);
  }
  checkPart(text, "the namespace", namespace);
  checkPart(text, "the name", model);
  checkPart(text, "the tag", tag);
  checkHost(text, host);
  return checkLength(text, { kind: "registry", host, namespace, model, tag });
}

function parseHub(text: string, rest: readonly string[]): HubReference {
  const [organisation = "", head = "", ...folders] = rest;
  if (rest.length < 2)
    throw invalid(text, `${hubHost} needs an organisation and a repository, as in hf.co/org/repo`);
  const [beforeTag = "", tag, ...more] = head.split(":");
  const [repository = "", revision = defaultRevision, ...revisions] = beforeTag.split("@");
  if (more.length > 0) throw invalid(text, "it has more than one tag");
  if (revisions.length > 0) throw invalid(text, "it has more than one revision");
  if (tag !== undefined && folders.length > 0) {
    throw invalid(text, "a quantisation and a file cannot both be given");
  }
  const choice = folders.length > 0 ? parseFile(text, folders) : parseChoice(text, tag);
  return checkHub(text, { kind: "hugging-face", organisation, repository, revision, choice });
}

function parseChoice(text: string, tag: string | undefined): FileChoice {
  if (tag === undefined || tag.toLowerCase() === defaultTag) return { by: "default" };
  if (modelFileEnding.test(tag)) return parseFile(text, [tag]);
  checkPart(text, "the quantisation", tag);
  return { by: "quant", quant: tag.toUpperCase() };
}

function parseFile(text: string, parts: readonly string[]): FileChoice {
  for (const part of parts) checkPart(text, "the file", part);
  const file = parts.join("/");
  if (!modelFileEnding.test(file)) throw invalid(text, `${cut(file)} is no .gguf file`);
  return { by: "file", file };
}

function checkHub(text: string, reference: HubReference): HubReference {
  checkPart(text, "the organisation", reference.organisation);
  checkPart(text, "the repository", reference.repository);
  checkPart(text, "the revision (a branch, tag or commit without a slash)", reference.revision);
  return checkLength(text, reference);
}

function parseUrl(text: string, allowInsecure: boolean): HubReference | UrlReference {
  if (text.length > maxUrlChars) throw invalid(text, `an address has at most ${maxUrlChars} characters`);
  const url = URL.parse(text);
  if (!url) throw invalid(text, "it is no valid address");
  if (url.username !== "" || url.password !== "") throw invalid(text, "an address must not hold a password");
  if (hubHosts.has(url.hostname) && url.port === "") return parseHubUrl(text, url);
  if (url.protocol === "http:" && !allowInsecure && !isLoopback(url.hostname)) {
    throw invalid(text, "plain http:// is for this machine alone; use https://");
  }
  url.hash = "";
  if (!modelFileEnding.test(url.pathname)) throw invalid(text, "the address of a file ends in .gguf");
  return { kind: "url", url: url.href };
}

function parseHubUrl(text: string, url: URL): HubReference {
  const parts = url.pathname.split("/").slice(1);
  if (parts.at(-1) === "") parts.pop();
  const [organisation = "", repository = "", view, revision = defaultRevision, ...folders] = parts;
  if (view === undefined) return parseHub(text, parts);
  if (view === "tree" && folders.length === 0) {
    const choice: FileChoice = { by: "default" };
    return checkHub(text, { kind: "hugging-face", organisation, repository, revision, choice });
  }
  if ((view === "blob" || view === "resolve") && folders.length > 0) {
    const choice = parseFile(text, folders);
    return checkHub(text, { kind: "hugging-face", organisation, repository, revision, choice });
  }
  throw invalid(text, "give the address of the repository, or of one of its .gguf files");
}

function parsePath(text: string): PathReference {
  if (text.length > maxPathChars) throw invalid(text, `a path has at most ${maxPathChars} characters`);
  return { kind: "path", path: text };
}

function checkPart(text: string, what: string, part: string): void {
  if (part === "") throw invalid(text, `${what} is empty`);
  if (part.includes("..")) throw invalid(text, `${what} has two dots in a row`);
  if (!/^[A-Za-z\d_]/.test(part))
    throw invalid(text, `${what} starts with neither a letter, a digit nor "_"`);
  if (!/^[\w.-]+$/.test(part)) {
    throw invalid(text, `${what} has a character other than letters, digits, "-", "_" and "."`);
  }
}

function checkHost(text: string, host: string): void {
  const [name = "", port, ...more] = host.split(":");
  checkPart(text, "the host", name);
  if (more.length > 0 || name.includes("_")) throw invalid(text, "the host is none");
  if (port !== undefined && !/^[1-9]\d{0,4}$/.test(port)) throw invalid(text, "the port is no number");
}

function checkLength<T extends ModelReference>(text: string, reference: T): T {
  if (formatReference(reference).length > maxNameChars) {
    throw invalid(text, `a name has at most ${maxNameChars} characters`);
  }
  return reference;
}

function hasControl(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}

const maxQuotedChars = 80;

function cut(text: string): string {
  return shortenText(text, maxQuotedChars);
}

/** Query strings of addresses carry signatures: they are never repeated. */
function invalid(text: string, reason: string): AppError {
  const shown = JSON.stringify(cut(text.replace(/\?.*$/s, "").replace(/\/\/[^/@]*@/, "//")));
  return new AppError("invalid_request", `${shown} names no model: ${reason}`);
}
