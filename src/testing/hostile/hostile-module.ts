import type { FailureCode, Grants, LimitName } from "../../plugin-host/index.ts";

/** A plugin that means harm, or is broken as if it did. */
export type HostileModule = {
  /** Part of a sentence: "a loop without end in the export". */
  readonly name: string;
  make(): Uint8Array;
  readonly call?: {
    /** Default: `run`. */
    readonly export?: string;
    readonly input?: string;
    readonly json?: boolean;
    readonly grants?: Grants;
    readonly config?: Readonly<Record<string, string>>;
    readonly limits?: { readonly [Name in LimitName]?: number };
  };
  /** What the call fails with, one of these. */
  readonly expect: readonly FailureCode[];
};
