import type { JsonObject } from "../../contract/index.ts";

/** With the constant of rank fusion about ten places. */
const testWeight = 0.85;
const testPath =
  /(?:^|\/)(?:tests?|testing|__tests__|fixtures?)\/|[._-](?:test|spec|fixture)s?\.[^/]*$|(?:^|\/)test_[^/]*$/i;
const asksForTests = /\b(?:test(?:s|ed|ing)?|specs?|fixtures?)\b/i;

/**
 * What a fused value is worth for where its text stands: a test says in words what the code does and would come before
 * it, so that it counts less unless tests are asked for.
 */
export function weighSource(
  value: number,
  { source, attributes }: { readonly source: string; readonly attributes: JsonObject },
  question: string,
): number {
  const isTest = attributes.category === "code" && testPath.test(source);
  return isTest && !asksForTests.test(question) ? value * testWeight : value;
}
