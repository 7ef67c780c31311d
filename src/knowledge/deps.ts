import type { Engine } from "../engine/index.ts";
import type { Database } from "../store/index.ts";

/** What knowledge is built on. */
export type KnowledgeDeps = {
  /** Folder under which uploaded files lie. */
  readonly home: string;
  /** The database with its vector functions loaded. */
  database(): Promise<Database>;
  readonly engine: Pick<Engine, "find" | "embed" | "rerank" | "load">;
  /** Model of collections that are made without naming one; absent: they are searched by words alone. */
  readonly embeddingModel?: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: { warn(event: string, fields: Readonly<Record<string, unknown>>): void };
};
