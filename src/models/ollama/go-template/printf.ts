import { checkLength } from "./bounded-text.ts";
import { maxWidth } from "./limits.ts";
import { describeType, formatValue, type GoValue } from "./values.ts";

const directive = /%([-+ 0]*)(\d*)(?:\.(\d*))?(.?)/gsu;

type Style = { readonly flags: string; readonly width: number; readonly precision: number | undefined };

/**
 * Go's Sprintf with the verbs v s q d f t x c, flags, width and precision. Throws Error where a verb and its value do
 * not fit, instead of writing Go's `%!d(string=…)` into a prompt.
 */
export function formatText(format: string, values: readonly GoValue[], maxChars: number): string {
  let next = 0;
  let made = 0;
  const text = format.replace(directive, (whole, flags: string, width: string, precision, verb: string) => {
    if (verb === "%") return "%";
    if (next >= values.length) throw new Error(`${whole} has no value`);
    const value = values[next++] ?? null;
    const style = {
      flags,
      width: toSize(width) ?? 0,
      precision: precision === undefined ? undefined : (toSize(precision) ?? 0),
    };
    const text = pad(formatOne(verb, value, style), style, value);
    made += text.length;
    checkLength(made, maxChars);
    return text;
  });
  if (next < values.length)
    throw new Error(`${values.length} values are more than ${JSON.stringify(format)} takes`);
  return text;
}

function toSize(digits: unknown): number | undefined {
  if (typeof digits !== "string" || digits === "") return undefined;
  const size = Number(digits);
  if (size > maxWidth) throw new Error(`a width of ${digits} is more than ${maxWidth}`);
  return size;
}

function formatOne(verb: string, value: GoValue, { flags, precision }: Style): string {
  switch (verb) {
    case "v":
    case "s":
      if (verb === "s" && isScalar(value) && typeof value !== "string") break;
      return cut(formatValue(value), typeof value === "string" ? precision : undefined);
    case "q":
      if (typeof value === "string") return JSON.stringify(value);
      break;
    case "d":
      if (typeof value === "bigint") return withSign(value.toString(), flags);
      break;
    case "x":
      if (typeof value === "bigint") return value.toString(16);
      if (typeof value === "string") return Buffer.from(value).toString("hex");
      break;
    case "c":
      if (typeof value === "bigint" && value >= 0n && value <= 0x10ffffn) {
        return String.fromCodePoint(Number(value));
      }
      break;
    case "f":
      if (typeof value === "number") return withSign(value.toFixed(Math.min(precision ?? 6, 100)), flags);
      break;
    case "t":
      if (typeof value === "boolean") return String(value);
      break;
    default:
      throw new Error(`the verb %${verb} is not offered; use one of v s q d f t x c`);
  }
  throw new Error(`%${verb} does not fit a value of type ${describeType(value)}`);
}

function isScalar(value: GoValue): boolean {
  return typeof value !== "object" || value === null;
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : [...text].slice(0, precision).join("");
}

function withSign(text: string, flags: string): string {
  if (text.startsWith("-")) return text;
  return flags.includes("+") ? `+${text}` : flags.includes(" ") ? ` ${text}` : text;
}

function pad(text: string, { flags, width }: Style, value: GoValue): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  const isNumber = typeof value === "number" || typeof value === "bigint";
  if (!flags.includes("0") || !isNumber) return " ".repeat(missing) + text;
  const sign = /^[-+ ]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
