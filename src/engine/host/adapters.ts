/** The LoRA adapters of a model: which there are, which of them a request uses, and their loading at first use. */
import { AppError, toAppError } from "../../base/index.ts";
import type { AdapterUse } from "../../contract/index.ts";
import type { AdapterFile } from "../protocol.ts";
import type { Backend } from "./backend.ts";

/**
 * Adapters that are in effect together. Sets with the same key compute the same; keys and values of the cache that were
 * computed with one set mean nothing to another.
 */
export type AdapterSet = {
  readonly key: string;
  /** As the backend numbers them, ascending. */
  readonly indices: Int32Array;
  readonly scales: Float32Array;
};

export const noAdapters: AdapterSet = { key: "", indices: new Int32Array(0), scales: new Float32Array(0) };

const maxAdaptersPerRequest = 16;
/** That one model keeps in memory beside itself; they stay until it leaves. */
const maxLoadedAdapters = 64;
/** Of either sign. Adapters are made for 1; far beyond it activations overflow and every answer is noise. */
const maxScale = 100;

export type AdapterTableOptions = {
  readonly adapters: readonly AdapterFile[];
  /** Used where a request names none. */
  readonly defaultAdapters: readonly AdapterUse[];
};

export class AdapterTable {
  readonly #backend: Pick<Backend, "loadAdapter">;
  readonly #paths: Map<string, string>;
  readonly #defaults: readonly AdapterUse[];
  /** By path: a name that was given to another file means that file from then on. */
  readonly #indices = new Map<string, number>();

  constructor(backend: Pick<Backend, "loadAdapter">, { adapters, defaultAdapters }: AdapterTableOptions) {
    this.#backend = backend;
    this.#paths = new Map(adapters.map(({ name, path }) => [name, path]));
    this.#defaults = defaultAdapters;
  }

  /** Makes adapters known by the files that their names mean now. */
  offer(files: readonly AdapterFile[]): void {
    for (const { name, path } of files) this.#paths.set(name, path);
  }

  /** Whether `resolve` will read a file first. */
  mustLoad(uses: readonly AdapterUse[] = this.#defaults): boolean {
    return uses.some(({ name, scale }) => {
      const path = this.#paths.get(name);
      return scale !== 0 && path !== undefined && !this.#indices.has(path);
    });
  }

  /**
   * The set that a request uses; absent: the defaults. Throws AppError invalid_request for a name or scale that cannot
   * be, model_load_failed for an adapter that the model does not take; either concerns this request alone.
   */
  resolve(uses: readonly AdapterUse[] = this.#defaults): AdapterSet {
    if (uses.length === 0) return noAdapters;
    this.#check(uses);
    // Names of one file add up, as two files with the same content would.
    const scales = new Map<number, number>();
    for (const { name, scale } of uses) {
      if (Math.fround(scale) === 0) continue;
      const index = this.#load(name, this.#pathOf(name));
      scales.set(index, Math.fround((scales.get(index) ?? 0) + scale));
    }
    const active = [...scales].map(([index, scale]) => ({ index, scale })).sort((a, b) => a.index - b.index);
    if (active.length === 0) return noAdapters;
    return {
      key: active.map(({ index, scale }) => `${index}*${scale}`).join("+"),
      indices: Int32Array.from(active, ({ index }) => index),
      scales: Float32Array.from(active, ({ scale }) => scale),
    };
  }

  #check(uses: readonly AdapterUse[]): void {
    if (uses.length > maxAdaptersPerRequest) {
      throw new AppError(
        "invalid_request",
        `adapters: ${uses.length} were given and at most ${maxAdaptersPerRequest} work together; leave some out`,
      );
    }
    const seen = new Set<string>();
    for (const { name, scale } of uses) {
      this.#pathOf(name);
      if (seen.has(name))
        throw new AppError(
          "invalid_request",
          `adapters: ${JSON.stringify(name)} is given twice; give it once`,
        );
      seen.add(name);
      if (!(Math.abs(scale) <= maxScale)) {
        throw new AppError(
          "invalid_request",
          `adapters: the scale of ${JSON.stringify(name)} is ${scale}; give a number from ${-maxScale} to ${maxScale}`,
        );
      }
    }
  }

  #pathOf(name: string): string {
    const path = this.#paths.get(name);
    if (path !== undefined) return path;
    const known = [...this.#paths.keys()].join(", ");
    throw new AppError(
      "invalid_request",
      `adapters: there is no adapter ${JSON.stringify(name)}; ${known === "" ? "this model has none" : `there are: ${known}`}`,
    );
  }

  #load(name: string, path: string): number {
    const known = this.#indices.get(path);
    if (known !== undefined) return known;
    if (this.#indices.size >= maxLoadedAdapters) throw tooMany(name);
    try {
      const index = this.#backend.loadAdapter(path);
      this.#indices.set(path, index);
      return index;
    } catch (error) {
      const { code, message } = toAppError(error);
      const shown = `the adapter ${JSON.stringify(name)} cannot be used with this model: ${message}`;
      throw new AppError(code, shown, { cause: error, details: { adapter: name } });
    }
  }
}

function tooMany(name: string): AppError {
  return new AppError(
    "invalid_request",
    `adapters: this model has ${maxLoadedAdapters} in memory, so ${JSON.stringify(name)} cannot join them; hearth unload the model to begin anew`,
  );
}
