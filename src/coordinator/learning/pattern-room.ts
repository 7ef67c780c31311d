import { nextTurn } from "../../base/index.ts";
import type { Knowledge, StoredDocument } from "../../knowledge/index.ts";

/** Patterns of all tenants; of more the one that was made or confirmed longest ago is forgotten. */
export const maxPatterns = 10_000;
/** Documents of one look at what is there. */
const pageDocuments = 200;

export const patternCollection = "skills-patterns";
const sourcePrefix = "pattern:";

/** The source of the pattern that is made of an interaction. */
export function toPatternSource(interactionId: string): string {
  return `${sourcePrefix}${interactionId}`;
}

export type PatternRoom = {
  /** The pattern of this source is made or confirmed: it is the newest now, and what is beyond the most leaves. */
  use(source: string): Promise<void>;
};

/** Keeps the collection from growing without end. Documents that are no patterns are not counted, and stay. */
export function createPatternRoom(
  knowledge: () => Promise<Pick<Knowledge, "documents">>,
  { most = maxPatterns }: { readonly most?: number } = {},
): PatternRoom {
  /** The one that leaves next first; read with the first use. */
  let sources: Set<string> | undefined;

  return {
    async use(source) {
      if (!isPattern(source)) return;
      const { documents } = await knowledge();
      sources ??= await readSources(documents);
      sources.delete(source);
      sources.add(source);
      const leaving = [...sources].slice(0, Math.max(0, sources.size - most));
      if (leaving.length === 0) return;
      await documents.removeSources(patternCollection, leaving);
      for (const gone of leaving) sources.delete(gone);
    },
  };
}

async function readSources(documents: Knowledge["documents"]): Promise<Set<string>> {
  const found: { readonly source: string; readonly usedAtMs: number }[] = [];
  for (let after: string | undefined; ; ) {
    const page = { limit: pageDocuments, root: "", ...(after !== undefined && { after }) };
    const listed = await documents.list(patternCollection, page);
    for (const one of listed)
      if (isPattern(one.source)) found.push({ source: one.source, usedAtMs: usedAt(one) });
    after = listed.at(-1)?.id;
    if (after === undefined || listed.length < pageDocuments) break;
    await nextTurn();
  }
  return new Set(found.sort((left, right) => left.usedAtMs - right.usedAtMs).map(({ source }) => source));
}

function isPattern(source: string): boolean {
  return source.startsWith(sourcePrefix);
}

function usedAt({ attributes, addedAtMs }: StoredDocument): number {
  const { last_updated: updated } = attributes;
  return typeof updated === "number" ? updated : addedAtMs;
}
