import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "../../base/index.ts";
import {
  type FailureCode,
  failureTable,
  grantNames,
  type RecordedExchange,
} from "../../plugin-host/index.ts";

export const casesFolder = "cases";
const casePattern = /\.(ya?ml|json)$/i;

const failureCode = z.enum(Object.keys(failureTable) as [FailureCode, ...FailureCode[]], {
  error: `expected a code of a failure, such as input_invalid or timeout`,
});

/** A body may be written as the JSON that it is. */
const body = z.json().transform((value) => (typeof value === "string" ? value : JSON.stringify(value)));

const input = z.custom<z.core.util.JSONType>((value) => z.json().safeParse(value).success, {
  error: "expected what the plugin is given, such as { response: Hello. }",
});

/** YAML takes a bare 7 for a number; config values are text. */
const configValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const exchangeSchema = z.strictObject({
  request: z.strictObject({
    method: z.string().min(1).default("GET"),
    url: z.url({ error: "expected an address such as https://api.example.com/v1" }),
    body: body.exactOptional(),
  }),
  response: z.strictObject({
    status: z.int().min(100).max(599).default(200),
    headers: z.record(z.string(), z.string()).default({}),
    body: body.default(""),
  }),
}) satisfies z.ZodType<RecordedExchange>;

const caseSchema = z
  .strictObject({
    name: z.string({ error: "expected a name" }).trim().min(1, { error: "expected a name" }),
    input,
    export: z.string().min(1).exactOptional(),
    expect: z.json().exactOptional(),
    error: failureCode.exactOptional(),
    config: z.record(z.string(), configValue).default({}),
    http: z.array(exchangeSchema).default([]),
    grants: z.array(z.enum(grantNames as [(typeof grantNames)[number]])).exactOptional(),
  })
  .refine((entry) => (entry.expect === undefined) !== (entry.error === undefined), {
    error: "expected either `expect`, what comes out, or `error`, the code of the failure",
  });

const fileSchema = z.array(caseSchema, {
  error: "expected a list of cases, each with name, input and expect",
});

/** One call of a plugin and what must come of it. */
export type PluginCase = z.output<typeof caseSchema> & {
  /** Its file, from the plugin's folder. */
  readonly file: string;
};

/** The cases of a plugin's folder, file by file. Throws AppError invalid_request naming the file and the place in it. */
export function readCases(folder: string): readonly PluginCase[] {
  const place = join(folder, casesFolder);
  const names = existsSync(place) ? readdirSync(place).filter((name) => casePattern.test(name)) : [];
  return names.sort().flatMap((name) => readCaseFile(folder, `${casesFolder}/${name}`));
}

function readCaseFile(folder: string, file: string): readonly PluginCase[] {
  const parsed = fileSchema.safeParse(parseFile(join(folder, file), file));
  if (parsed.success) return parsed.data.map((entry) => ({ ...entry, file }));
  const lines = parsed.error.issues.map(({ path, message }) => `${file}: ${showPlace(path)}${message}`);
  throw new AppError("invalid_request", lines.join("\n"));
}

function parseFile(path: string, file: string): unknown {
  try {
    const text = readFileSync(path, "utf8");
    return file.toLowerCase().endsWith(".json") ? JSON.parse(text) : Bun.YAML.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("invalid_request", `${file} cannot be read: ${reason}`, { cause });
  }
}

/** `[2].http[0].request.url: `, counted from 0 as in the list. */
function showPlace(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text === "" ? "" : `${text.replace(/^\./, "")}: `;
}
