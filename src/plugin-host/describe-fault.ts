import type { z } from "zod";
import { printable } from "./wasm/printable.ts";

/** What is wrong first with a value, and where. */
export function describeFirstFault({ issues: [issue] }: z.ZodError): string {
  return issue ? describeFault(issue) : "it does not fit the contract";
}

/** `operations.get.arguments[0]: it is missing`. Names of fields may be a guest's own, and are cut to plain text. */
export function describeFault({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  const what = message.endsWith("received undefined")
    ? "it is missing"
    : message
        .replace(/^Invalid input: expected record/, "expected an object")
        .replace(/^Invalid input: /, "");
  return place === "" ? printable(what) : `${printable(place.replace(/^\./, ""))}: ${printable(what)}`;
}
