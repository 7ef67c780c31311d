const tolerance = 1e-9;

/**
 * Where a value is not as expected, a line each such as `score: expected 0.5, got 1`. Objects may have more than is
 * expected; arrays are compared whole, and numbers within 1e-9 of their size.
 */
export function findDifferences(expected: unknown, actual: unknown, path = ""): readonly string[] {
  if (isRecord(expected) && isRecord(actual)) {
    return Object.entries(expected).flatMap(([key, value]) => {
      const place = path === "" ? key : `${path}.${key}`;
      if (Object.hasOwn(actual, key)) return findDifferences(value, actual[key], place);
      return [`${place}: expected ${show(value)}, got nothing`];
    });
  }
  if (isEqual(expected, actual)) return [];
  return [`${path === "" ? "output" : path}: expected ${show(expected)}, got ${show(actual)}`];
}

function isEqual(expected: unknown, actual: unknown): boolean {
  if (typeof expected === "number" && typeof actual === "number") {
    return Math.abs(expected - actual) <= tolerance * Math.max(1, Math.abs(expected));
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return expected.length === actual.length && expected.every((item, index) => isEqual(item, actual[index]));
  }
  if (!isRecord(expected) || !isRecord(actual)) return Object.is(expected, actual);
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(actual).length &&
    keys.every((key) => Object.hasOwn(actual, key) && isEqual(expected[key], actual[key]))
  );
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
