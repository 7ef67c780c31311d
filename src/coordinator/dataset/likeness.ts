/** Rows with at least this cosine are one. */
export const duplicateCosine = 0.95;
/** Rows, or their questions, with at least this cosine stay together. */
export const groupCosine = 0.85;
