import { AppError, cutText, hashText } from "../../base/index.ts";
import type { ConversationScrubber } from "../dataset/scrub-conversation.ts";
import type { CoordinatorSettings } from "../settings.ts";
import { maxKeptCharacters, type NewInteraction } from "./interaction.ts";

/** What is stored of the texts of an interaction. */
export type KeptContent = {
  readonly content: "hash" | "redacted" | "full";
  /** Absent where only hashes are kept, as is `response`. */
  readonly query?: string;
  readonly response?: string;
  readonly system?: string;
  readonly queryHash: string;
  readonly responseHash: string;
  readonly isCut: boolean;
};

type KeepOptions = {
  readonly mode: Exclude<CoordinatorSettings["interactions"], "off">;
  readonly scrub: ConversationScrubber;
  /** Told where the texts could not be scrubbed, so that their hashes alone are kept. */
  readonly onFault: (error: unknown) => void;
  readonly signal: AbortSignal;
};

/** Read beyond what is kept and then dropped, so that no half of a number that would be scrubbed is left at the end. */
const scrubMarginCharacters = 1_024;

/** Hashes are of the whole texts; what is kept of a longer text than `maxKeptCharacters` is its beginning. */
export async function keepContent(
  { query, response, system }: Pick<NewInteraction, "query" | "response" | "system">,
  { mode, scrub, onFault, signal }: KeepOptions,
): Promise<KeptContent> {
  const hashes = { queryHash: hashText(query), responseHash: hashText(response) };
  const hashed: KeptContent = { content: "hash", ...hashes, isCut: false };
  if (mode === "hash") return hashed;
  const whole = [query, response, ...(system === undefined ? [] : [system])];
  const isCut = whole.some(isLong);
  if (mode === "full") {
    const texts = whole.map((text) => cutText(text, maxKeptCharacters));
    return { content: "full", ...nameTexts(texts), ...hashes, isCut };
  }
  try {
    return { content: "redacted", ...nameTexts(await scrubAll(whole, scrub, signal)), ...hashes, isCut };
  } catch (error) {
    onFault(error);
    return hashed;
  }
}

async function scrubAll(
  whole: readonly string[],
  scrub: ConversationScrubber,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const read = whole.map((text) => cutText(text, maxKeptCharacters + scrubMarginCharacters));
  const scrubbed = await scrub(read, signal);
  if (!scrubbed) throw new AppError("plugin_failed", "The texts could not be scrubbed.");
  return scrubbed.texts.map((text, index) => {
    const kept = isLong(whole[index] ?? "") ? text.length - scrubMarginCharacters : text.length;
    return cutText(text, Math.max(0, Math.min(kept, maxKeptCharacters)));
  });
}

function isLong({ length }: string): boolean {
  return length > maxKeptCharacters;
}

function nameTexts([query = "", response = "", system]: readonly string[]) {
  return { query, response, ...(system !== undefined && { system }) };
}
