import { createHash } from "node:crypto";
import { AppError } from "../../base/index.ts";
import { createBackoff, type Timing } from "./backoff.ts";
import type { Answer, HttpClient } from "./http-client.ts";
import { ChangedFailure, describeUrl } from "./http-errors.ts";
import { maxBlobBytes, maxFiles } from "./limits.ts";
import type { Explain, PlannedFile, PullPlan } from "./pull-plan.ts";
import { checkStatus } from "./remote-file.ts";
import { watchStall } from "./stall-watch.ts";

export type UrlPlanOptions = {
  readonly client: HttpClient;
  readonly timing: Timing;
  readonly signal: AbortSignal;
};

const splitEnding = /-(\d{5})-of-(\d{5})\.gguf$/i;

/** Finds the size and the ETag of a file at an address; of a split file, of all its parts. */
export async function planUrlPull(address: string, options: UrlPlanOptions): Promise<PullPlan> {
  const urls = listParts(new URL(address));
  const files: PlannedFile[] = [];
  for (const url of urls) files.push(await planFile(url, options));
  const shown = describeUrl(new URL(address));
  const notes = [`${shown}: no digest at the source; its own will be recorded`];
  const [scheme = ""] = address.split("//", 1);
  return { files, origin: `${scheme}//${shown}`, notes };
}

function listParts(url: URL): readonly URL[] {
  const [ending, , total] = splitEnding.exec(url.pathname) ?? [];
  if (ending === undefined || total === undefined) return [url];
  if (Number(total) > maxFiles)
    throw new AppError("invalid_request", `a model has at most ${maxFiles} parts`);
  return Array.from({ length: Number(total) }, (_, index) => {
    const part = new URL(url);
    const number = String(index + 1).padStart(total.length, "0");
    part.pathname = `${url.pathname.slice(0, -ending.length)}-${number}-of-${total}.gguf`;
    return part;
  });
}

async function planFile(url: URL, options: UrlPlanOptions): Promise<PlannedFile> {
  const { bytes, etag, modified } = await probe(url, options);
  // What nothing tells from a later version of it must not be mixed with what is kept of that.
  const version = etag ?? modified ?? crypto.randomUUID();
  const identity = `${url.origin}${url.pathname} ${version} ${bytes}`;
  return {
    role: "model",
    key: `sha256:${createHash("sha256").update(identity).digest("hex")}`,
    remote: {
      label: url.pathname.slice(url.pathname.lastIndexOf("/") + 1),
      bytes,
      ...(etag === undefined ? {} : { etag }),
      explain: explainFor(url),
      get: async (headers, signal) => {
        const answer = await options.client.get(url, { headers, signal });
        if (modified !== undefined) await checkUnmodified(answer, modified);
        return answer;
      },
    },
  };
}

/** A date is no strong validator for If-Range, so it is compared here. */
async function checkUnmodified({ response, url }: Answer, modified: string): Promise<void> {
  if (!response.ok || response.headers.get("last-modified") === modified) return;
  await response.body?.cancel().catch(() => undefined);
  throw new ChangedFailure(`${describeUrl(url)} changed while it was fetched`);
}

/** `modified`, the date of the last change, only where there is no strong ETag. */
type Probed = { readonly bytes: number; readonly etag?: string; readonly modified?: string };

/** Asks for the first byte: unlike HEAD, signed addresses allow that, and it shows whether ranges are known. */
async function probe(url: URL, { client, timing, signal }: UrlPlanOptions): Promise<Probed> {
  const backoff = createBackoff(describeUrl(url), timing);
  for (;;) {
    try {
      using watch = watchStall(timing.clock, signal);
      const answer = await client.get(url, { headers: { range: "bytes=0-0" }, signal: watch.signal });
      await answer.response.body?.cancel().catch(() => undefined);
      checkStatus(answer, explainFor(url));
      const { headers, status } = answer.response;
      const total =
        status === 206
          ? /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1]
          : headers.get("content-length");
      const bytes = Number(total ?? Number.NaN);
      if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > maxBlobBytes) throw noSize(url);
      const etag = headers.get("etag");
      if (etag?.startsWith('"')) return { bytes, etag };
      const modified = headers.get("last-modified");
      return modified ? { bytes, modified } : { bytes };
    } catch (error) {
      await backoff.wait(error, 0, signal);
    }
  }
}

function noSize(url: URL): AppError {
  const message = `${describeUrl(url)} does not say how long it is; download it by other means and import the file`;
  return new AppError("download_failed", message);
}

function explainFor(url: URL): Explain {
  return ({ status }) => {
    if (status === 404 || status === 410) {
      return new AppError("model_not_found", `there is no file ${describeUrl(url)}; check the address`);
    }
    if (status !== 401 && status !== 403) return undefined;
    const message = `${url.host} does not give out ${describeUrl(url)}; the address may have expired, or need a login`;
    return new AppError("forbidden", message);
  };
}
