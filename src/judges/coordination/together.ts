/**
 * Works on all items side by side, at most `limit` at a time; results come in the items' order. The first failure
 * stops the others and is thrown once they have ended.
 */
export async function together<T, R>(
  items: readonly T[],
  work: (item: T, index: number, signal: AbortSignal) => Promise<R>,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<readonly R[]> {
  const stopping = new AbortController();
  const either = AbortSignal.any([signal, stopping.signal]);
  const results: R[] = [];
  const failures: unknown[] = [];
  const turns = items.entries();
  async function takeTurns(): Promise<void> {
    for (const [index, item] of turns) {
      if (either.aborted) return;
      try {
        results[index] = await work(item, index, either);
      } catch (error) {
        failures.push(error);
        stopping.abort();
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, takeTurns));
  if (failures.length > 0) throw failures[0];
  signal.throwIfAborted();
  return results;
}
