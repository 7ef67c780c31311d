/** Templates come with models from anywhere: every size and every loop has an end. */
export const maxTemplateChars = 256 * 1024;
/** Controls and parentheses inside each other, as written. */
export const maxNesting = 64;
/** Controls and template calls inside each other, as run. */
export const maxDepth = 400;
/** Nodes run for one prompt; long texts that a function reads or makes count as several. */
export const maxSteps = 4_000_000;
export const maxOutputChars = 16 * 1024 * 1024;
/** The longest text that a function makes of nothing; what the request itself holds allows for more. */
export const maxTextChars = 2 ** 20;
/** As many characters as JSON needs for one (`\u003c`). */
export const maxTextGrowth = 6;
/** Characters and list entries that count as one step when a function handles them. */
export const charsPerStep = 64;
export const itemsPerStep = 512;
export const maxWidth = 1000;
