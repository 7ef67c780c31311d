import { AppError } from "../../base/index.ts";
import { raiseFloor, removeByName } from "./entry-store.ts";
import { findMatch, labelMatch } from "./match-store.ts";
import { type CacheParts, exactSpace } from "./parts.ts";

/** Of an id that nobody knows, in the error about it. */
const maxShownCharacters = 100;

/** What a user says of an answer that came from the cache. */
export type Feedback = {
  readonly tenant: string;
  /** The entry that answered, or the request that it answered. */
  readonly about: { readonly entry: string } | { readonly requestId: string };
  readonly isRight: boolean;
};

/**
 * A wrong answer to the very question is removed; one to a similar question stays, and answers only what is more alike.
 * Either is evidence of this tenant. Throws AppError not_found for what it was not served.
 */
export async function noteFeedback(
  { database, journal, thresholds, deps }: CacheParts,
  { tenant, about, isRight }: Feedback,
): Promise<void> {
  await journal.settle();
  const opened = await database();
  const match = await findMatch(opened, tenant, about);
  if (!match) {
    const asked =
      "entry" in about ? `entry "${shorten(about.entry)}"` : `request "${shorten(about.requestId)}"`;
    throw new AppError(
      "not_found",
      `no answer of the cache is known by the ${asked}; name one that it served`,
    );
  }
  await labelMatch(opened.kysely, match.id, { isRight, source: "feedback" });
  thresholds.forget({ space: match.space, tenant });
  if (isRight) return;
  deps.observer.falseHit();
  if (match.space === exactSpace) await removeByName(opened.kysely, match.entry);
  else await raiseFloor(opened.kysely, match.entry, match.similarity);
}

function shorten(id: string): string {
  return id.slice(0, maxShownCharacters);
}
