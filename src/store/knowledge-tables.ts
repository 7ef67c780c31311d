/** Collections, their documents, pieces of them and the words in those. */
export type KnowledgeTables = Readonly<Record<never, never>>;
