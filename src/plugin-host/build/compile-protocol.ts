/** What the compiler's process is asked and answers. */

/** Where a plugin begins, from its folder. */
export const entryFile = "assembly/index.ts";

export type CompileRequest = {
  /** Absolute. */
  readonly folder: string;
  /** Sources of the SDK by their path in it, such as `generated/judge-input.ts`. */
  readonly sdk: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
};

export type CompileResult = {
  /** In base64; absent where there are errors. */
  readonly wasm?: string;
  /** Each as `assembly/index.ts:4:7: message`, with the line that it is about. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
};
