import { AppError } from "../../base/index.ts";
import type { RawLogprob, Sampler, SamplerOptions } from "./backend.ts";
import { encodeText, type Native, type NativePointer } from "./symbols.ts";

/** Places for one record: the token, its logprob and entropy, and the alternatives. */
type RecordBuffers = {
  readonly token: Int32Array;
  readonly values: Float32Array;
  readonly topTokens: Int32Array;
};

function createRecordBuffers(top: number): RecordBuffers {
  return {
    token: new Int32Array(1),
    values: new Float32Array(2 + top),
    topTokens: new Int32Array(Math.max(1, top)),
  };
}

function readRecord({ token, values, topTokens }: RecordBuffers, count: number): RawLogprob {
  return {
    token: token[0] ?? 0,
    logprob: values[0] ?? 0,
    entropy: values[1] ?? 0,
    topTokens: topTokens.slice(0, count),
    topLogprobs: values.slice(2, 2 + count),
  };
}

/** The raw-distribution record of any token at a batch place of the last decode. */
export function readRawRecord(
  { symbols, check }: Native,
  context: NativePointer,
  wanted: { readonly batchIndex: number; readonly token: number; readonly top: number },
): RawLogprob {
  const buffers = createRecordBuffers(wanted.top);
  const { token, values, topTokens } = buffers;
  const count = symbols.hearth_raw_record(
    context,
    wanted.batchIndex,
    wanted.token,
    wanted.top,
    token,
    values,
    topTokens,
  );
  return readRecord(buffers, check(count));
}

/** A sampler that lives in the shim; `handle` is its index there. */
export class LlamaSampler implements Sampler {
  readonly handle: number;
  readonly #native: Native;
  readonly #record: RecordBuffers | undefined;
  #isFree = false;

  /** Throws AppError invalid_request where an option or the grammar is not valid. */
  constructor(native: Native, model: NativePointer, options: SamplerOptions) {
    this.#native = native;
    const json = encodeText(JSON.stringify(options));
    this.handle = native.check(native.symbols.hearth_sampler_new(model, json, json.length));
    if (options.topLogprobs !== undefined || options.entropy) {
      this.#record = createRecordBuffers(options.topLogprobs ?? 0);
    }
  }

  acceptPrompt(tokens: Int32Array): void {
    if (tokens.length === 0) return;
    this.#native.check(this.#native.symbols.hearth_sampler_accept_prompt(this.handle, tokens, tokens.length));
  }

  takeLogprobs(count: number): RawLogprob[] {
    const buffers = this.#record;
    if (!buffers) return [];
    const { token, values, topTokens } = buffers;
    const { symbols, check } = this.#native;
    return Array.from({ length: count }, () => {
      const top = symbols.hearth_sampler_record(this.handle, values.length - 2, token, values, topTokens);
      return readRecord(buffers, check(top));
    });
  }

  get lastError(): AppError | undefined {
    const message = this.#native.takeText(this.#native.symbols.hearth_sampler_failure(this.handle));
    return message === "" ? undefined : new AppError("inference_error", message);
  }

  free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#native.symbols.hearth_sampler_free(this.handle);
  }
}
