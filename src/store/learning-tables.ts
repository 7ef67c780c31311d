/** Interactions, what came of them, and the patterns made of them. */
export type LearningTables = Readonly<Record<never, never>>;
