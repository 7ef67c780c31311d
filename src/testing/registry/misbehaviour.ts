import type { WireRequest } from "./wire-server.ts";

/** What a server does wrong with a request. Positions are counted from the start of the body, or of the file. */
export type Misbehaviour =
  | { readonly kind: "cut"; readonly afterBytes: number }
  | { readonly kind: "reset"; readonly afterBytes: number }
  | { readonly kind: "stall"; readonly afterBytes: number }
  | { readonly kind: "slow"; readonly chunkBytes: number; readonly delayMs: number }
  | { readonly kind: "corrupt"; readonly fileByte: number }
  | { readonly kind: "wrong-length"; readonly by: number }
  | { readonly kind: "endless" }
  | { readonly kind: "ignore-range" }
  | { readonly kind: "wrong-range"; readonly by: number }
  | { readonly kind: "redirect"; readonly location: string; readonly status?: number }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

export type MisbehaviourRule = {
  /** What the path has in it; every request where it is absent. */
  readonly path?: string;
  /** How many requests it meets; all where it is absent. */
  readonly times?: number;
  readonly how: Misbehaviour;
};

export type Misbehaving = {
  add(rule: MisbehaviourRule): void;
  clear(): void;
  /** What to do wrong with that request; it counts as met. */
  take(request: WireRequest): Misbehaviour | undefined;
};

export function createMisbehaving(): Misbehaving {
  let rules: { readonly rule: MisbehaviourRule; left: number }[] = [];
  return {
    add: (rule) => rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      rules = [];
    },
    take(request) {
      const found = rules.find(({ rule, left }) => left > 0 && request.path.includes(rule.path ?? ""));
      if (!found) return undefined;
      found.left -= 1;
      return found.rule.how;
    },
  };
}
