import { bench, do_not_optimize } from "mitata";
import { PrefixTree } from "../../src/engine/host/prefix-tree.ts";
import { createRandom } from "../random.ts";

const ENTRIES = 256;
const SYSTEM_TOKENS = 300;
const CONVERSATION_TOKENS = 2000;
const VOCABULARY = 151_936;

/** Conversations that share a system prompt, as a busy server holds them. */
export function registerPrefixTree(): undefined {
  const random = createRandom(1);
  const randomTokens = (count: number): number[] =>
    Array.from({ length: count }, () => Math.floor(random() * VOCABULARY));
  const system = randomTokens(SYSTEM_TOKENS);
  const conversation = (): Int32Array => Int32Array.from([...system, ...randomTokens(CONVERSATION_TOKENS)]);
  const tree = new PrefixTree<{ readonly tokens: Int32Array }>();
  const entries = Array.from({ length: ENTRIES }, () => ({ tokens: conversation() }));
  for (const entry of entries) tree.set(entry, entry.tokens);
  const known = Int32Array.from([...(entries[100]?.tokens ?? []), ...randomTokens(50)]);
  const stranger = conversation();
  const foreign = Int32Array.from(randomTokens(CONVERSATION_TOKENS));
  const usable = (entry: { readonly tokens: Int32Array }): number => entry.tokens.length;

  bench("find: 2,300 tokens shared", () => do_not_optimize(tree.findLongest(known, usable)));
  bench("find: system prompt shared by 256", () => do_not_optimize(tree.findLongest(stranger, usable)));
  bench("find: nothing shared", () => do_not_optimize(tree.findLongest(foreign, usable)));
  const passing = { tokens: stranger };
  bench("insert and delete", () => {
    tree.set(passing, passing.tokens);
    tree.delete(passing);
  });
  return undefined;
}
