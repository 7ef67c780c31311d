export const redacted = "[redacted]";
const maxDepth = 6;
const maxItems = 100;
const maxTextChars = 8_192;
/** Shorter secrets would blot out ordinary words; they are still removed by field name. */
const minSecretChars = 6;

const secretName =
  /^(?:.*[-_.])?(?:authorization|cookie|set-cookie|password|secret|token|api[-_]?keys?|keys?)$/i;
const camelSecretName = /(?:apiKeys?|Token|Secret|Password|Authorization)$/;
/** Its runs end at the next slash, and those of `querySecret` are bounded, so both take linear time. */
const userInfo = /:\/\/[^\s/?#"<>]*@/g;
const querySecret =
  /([?&#][^\s=&?#]{0,64}(?:token|sig|key|credential|secret|password)[^\s=&?#]{0,64}=)[^\s&#"<>]*/gi;
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;

/** Less than a field may hold, so that what takes the place of secrets does not push out the end. */
const maxTailChars = 8_000;

export type LogFields = Readonly<Record<string, unknown>>;
export type Redactor = (fields: LogFields) => Record<string, unknown>;

/** Makes log fields safe to write: no secrets, no cycles, nothing endless. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const known = secrets.filter((secret) => secret.length >= minSecretChars);

  function cleanText(text: string): string {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, redacted);
    clean = clean
      .replace(userInfo, `://${redacted}@`)
      .replace(querySecret, `$1${redacted}`)
      .replace(bearer, `$1 ${redacted}`);
    // A secret that is cut in two is not found any more, so the cut comes last.
    return clean.length > maxTextChars ? `${clean.slice(0, maxTextChars)}…` : clean;
  }

  function clean(value: unknown, depth: number): unknown {
    if (typeof value === "string") return cleanText(value);
    if (typeof value === "bigint") return value.toString();
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (depth >= maxDepth) return "…";
    if (value instanceof Error) return cleanObject(describeError(value), depth);
    if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => clean(item, depth + 1));
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    return cleanObject({ ...value }, depth);
  }

  function cleanObject(fields: LogFields, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields).slice(0, maxItems)) {
      result[name] = isSecret(name, value) ? redacted : clean(value, depth + 1);
    }
    return result;
  }
  return (fields) => cleanObject(fields, 0);
}

/** The last lines of a text, as many as a field holds; whole ones, since half a secret is not found any more. */
export function keepTail(text: string): string {
  if (text.length <= maxTailChars) return text;
  const tail = text.slice(-maxTailChars);
  return tail.slice(tail.indexOf("\n") + 1);
}

function isSecret(name: string, value: unknown): boolean {
  if (typeof value === "number" || typeof value === "boolean" || value === undefined) return false;
  return secretName.test(name) || camelSecretName.test(name);
}

function describeError(error: Error): LogFields {
  const code = "code" in error ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  return { name: error.name, message: error.message, ...code, ...cause };
}
