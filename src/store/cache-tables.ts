/** Answers that were given before, and what was learnt of how alike questions must be. */
export type CacheTables = Readonly<Record<never, never>>;
