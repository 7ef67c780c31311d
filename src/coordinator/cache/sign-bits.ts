/**
 * Signs of vectors, packed, to find the few that may be alike among many. Two vectors at an angle a have a share a/π of
 * their signs unlike (Charikar 2002, "Similarity estimation techniques from rounding algorithms"), where directions are
 * random; what is found is measured again by its cosine.
 */

/** What is less alike is never looked for: the share of signs is meant for this cosine. */
export const leastSimilarity = 0.8;
/** Of the standard deviation of unlike signs, by which two vectors may have more of them: one in 700 has more. */
const slack = 3;
const wordBits = 32;
/** Of each vector, looked at first: they tell most pairs apart. */
const headWords = 4;
/** About what the table of slots takes for each id. */
const slotBytes = 40;

/** One bit a dimension: 1 where the value is above 0. The last word is filled up with zeros. */
export function packSigns(vector: Float32Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(vector.length / wordBits));
  for (let index = 0; index < vector.length; index++)
    if ((vector[index] as number) > 0)
      words[index >>> 5] = (words[index >>> 5] as number) | (1 << (index & 31));
  return words;
}

export function toBytes(words: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength).slice();
}

/** Undefined where the bytes are no words. */
export function toWords(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.byteLength === 0 || bytes.byteLength % Uint32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  return new Uint32Array(bytes.slice().buffer);
}

export type SignSet = {
  readonly size: number;
  readonly bytes: number;
  /** A vector of other words than the first is left out. */
  add(id: number, words: Uint32Array): void;
  remove(id: number): void;
  /** Ids of those that may be as alike as `leastSimilarity`, the likest first. */
  nearest(words: Uint32Array, count: number): readonly number[];
};

/** A growing set of signs in two flat lists, heads and tails; each id is in it once. Signed words are the faster ones. */
export function createSignSet(wordsEach: number): SignSet {
  const headSize = Math.min(headWords, wordsEach);
  const tailSize = wordsEach - headSize;
  const slots = new Map<number, number>();
  let ids = new Float64Array(16);
  let heads = new Int32Array(16 * headSize);
  let tails = new Int32Array(16 * tailSize);

  function grow(): void {
    const room = 2 * ids.length;
    const next = [new Float64Array(room), new Int32Array(room * headSize)] as const;
    next[0].set(ids);
    next[1].set(heads);
    const nextTails = new Int32Array(room * tailSize);
    nextTails.set(tails);
    [ids, heads] = next;
    tails = nextTails;
  }
  return {
    get size() {
      return slots.size;
    },
    get bytes() {
      return ids.byteLength + heads.byteLength + tails.byteLength + slots.size * slotBytes;
    },
    add(id, words) {
      if (words.length !== wordsEach || slots.has(id)) return;
      const slot = slots.size;
      if (slot === ids.length) grow();
      slots.set(id, slot);
      ids[slot] = id;
      heads.set(words.subarray(0, headSize), slot * headSize);
      tails.set(words.subarray(headSize), slot * tailSize);
    },
    remove(id) {
      const slot = slots.get(id);
      if (slot === undefined) return;
      const last = slots.size - 1;
      const moved = ids[last] as number;
      ids[slot] = moved;
      heads.copyWithin(slot * headSize, last * headSize, (last + 1) * headSize);
      tails.copyWithin(slot * tailSize, last * tailSize, (last + 1) * tailSize);
      slots.set(moved, slot);
      slots.delete(id);
    },
    nearest(words, count) {
      if (words.length !== wordsEach) return [];
      const best = createShortList(count, mostUnlike(wordsEach));
      const limit = mostUnlike(headSize);
      const signed = new Int32Array(words.buffer, words.byteOffset, wordsEach);
      const [head, tail] = [signed.subarray(0, headSize), signed.subarray(headSize)];
      for (let slot = 0; slot < slots.size; slot++) {
        const unlike = countUnlike(heads, slot * headSize, head);
        if (unlike > limit) continue;
        const all = unlike + countUnlike(tails, slot * tailSize, tail);
        if (all <= best.limit) best.add(ids[slot] as number, all);
      }
      return best.ids();
    },
  };
}

/** Signs of which vectors as alike as `leastSimilarity` seldom have more unlike; those more alike never do. */
function mostUnlike(words: number): number {
  const signs = words * wordBits;
  const share = Math.acos(leastSimilarity) / Math.PI;
  return Math.floor(signs * share + slack * Math.sqrt(signs * share * (1 - share)));
}

/** Bits that differ, up to 64 at a time (Warren 2012, "Hacker's Delight", 5-1). */
function countUnlike(all: Int32Array, start: number, words: Int32Array): number {
  let unlike = 0;
  let index = 0;
  for (; index + 1 < words.length; index += 2) {
    const first = inFours((all[start + index] as number) ^ (words[index] as number));
    const fours = first + inFours((all[start + index + 1] as number) ^ (words[index + 1] as number));
    unlike += Math.imul((fours & 0x0f0f0f0f) + ((fours >>> 4) & 0x0f0f0f0f), 0x01010101) >>> 24;
  }
  if (index === words.length) return unlike;
  const fours = inFours((all[start + index] as number) ^ (words[index] as number));
  return unlike + (Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24);
}

/** How many bits are set in each four of them. */
function inFours(bits: number): number {
  bits = (bits - ((bits >>> 1) & 0x55555555)) | 0;
  return (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
}

/** The `count` ids of the least unlike signs; `limit` shrinks once it is full. */
function createShortList(count: number, firstLimit: number) {
  const list: { readonly id: number; readonly unlike: number }[] = [];
  return {
    limit: firstLimit,
    add(id: number, unlike: number) {
      let at = list.length;
      while (at > 0 && (list[at - 1]?.unlike ?? 0) > unlike) at -= 1;
      list.splice(at, 0, { id, unlike });
      if (list.length > count) list.pop();
      if (list.length === count) this.limit = (list.at(-1)?.unlike ?? 0) - 1;
    },
    ids: () => list.map(({ id }) => id),
  };
}
