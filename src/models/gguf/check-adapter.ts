import { AppError } from "../../base/index.ts";
import { findNumber, findText, type GgufHeader } from "./header.ts";

const maxRank = 2 ** 16;
const tensorPattern = /^(.+)\.lora_([ab])$/;
const usableTypes: ReadonlySet<string> = new Set(["F32", "F16", "BF16", "Q8_0"]);

/** Throws AppError model_load_failed where the header describes no LoRA adapter that could be applied to a model. */
export function checkAdapterHeader(name: string, header: GgufHeader): void {
  const refuse = (reason: string) =>
    new AppError("model_load_failed", `${name} cannot be used as an adapter: ${reason}`);
  if (header.byteOrder === "big") throw refuse("it is written in big-endian order");
  if (!findText(header, "general.architecture")) throw refuse("it does not say for which architecture it is");
  const kind = findText(header, "adapter.type");
  if (kind !== "lora")
    throw refuse(`it is of type ${JSON.stringify(kind?.slice(0, 40) ?? null)} and not "lora"`);
  const alpha = findNumber(header, "adapter.lora.alpha");
  if (alpha !== undefined && !Number.isFinite(alpha)) throw refuse(`its alpha is ${alpha}`);
  const pairs = new Map<string, { a?: readonly number[]; b?: readonly number[] }>();
  for (const { name: tensor, shape, type } of header.tensors) {
    const [, base, side] = tensorPattern.exec(tensor) ?? [];
    if (base === undefined) throw refuse(`the tensor ${JSON.stringify(tensor)} is no part of a LoRA`);
    if (!usableTypes.has(type)) throw refuse(`the tensor ${JSON.stringify(tensor)} is stored as ${type}`);
    pairs.set(base, { ...pairs.get(base), [side === "a" ? "a" : "b"]: shape });
  }
  if (pairs.size === 0) throw refuse("it has no tensors");
  for (const [base, { a, b }] of pairs) {
    if (!a || !b) throw refuse(`${JSON.stringify(base)} has only one of its two tensors`);
    const rank = a[1] ?? 1;
    if (a.length > 2 || b.length > 2 || rank > maxRank || rank !== b[0])
      throw refuse(`the two tensors of ${JSON.stringify(base)} do not go together: ${a} and ${b}`);
  }
}
