/** Of receipts, and of what was spent: how they wait to be written. */
export const writeLimits = { maxWaiting: 4_096, maxBatch: 100, delayMs: 200 } as const;
