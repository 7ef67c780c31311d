import type { JsonValue } from "../../contract/index.ts";
import { countParameters } from "./describe.ts";
import type { GgufHeader, GgufScalar, GgufValue } from "./header.ts";

/** Keys that Ollama's `/api/show` gives elsewhere in its answer. */
const leftOut: ReadonlySet<string> = new Set(["general.name", "tokenizer.chat_template"]);

/**
 * The metadata of a model as the `model_info` of Ollama's `/api/show`: all scalars, and null for arrays. `verbose` gives
 * the arrays that the reader keeps; a vocabulary stays null.
 */
export function toModelInfo(
  header: GgufHeader,
  { verbose = false }: { readonly verbose?: boolean } = {},
): Record<string, JsonValue> {
  const info: Record<string, JsonValue> = {};
  for (const [key, value] of header.metadata) {
    if (!leftOut.has(key)) Object.defineProperty(info, key, toProperty(toJson(value, verbose)));
  }
  info["general.parameter_count"] = countParameters(header);
  return info;
}

/** Keys come from the file: `__proto__` must be one like any other. */
function toProperty(value: JsonValue): PropertyDescriptor {
  return { value, enumerable: true, writable: true, configurable: true };
}

function toJson(value: GgufValue, verbose: boolean): JsonValue {
  switch (value.type) {
    case "number":
    case "boolean":
    case "text":
      return toJsonScalar(value.value);
    case "array":
      return verbose && value.values ? value.values.map(toJsonScalar) : null;
    case "omitted-text":
      return null;
    default:
      return value satisfies never;
  }
}

function toJsonScalar(value: GgufScalar): JsonValue {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}
