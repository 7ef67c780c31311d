export type { KnowledgeDeps } from "./deps.ts";
export {
  type Chunk,
  type Collection,
  createKnowledge,
  type Hit,
  type Knowledge,
  type NewDocument,
  type SearchQuery,
  type SearchResult,
  type StoredDocument,
} from "./knowledge.ts";
