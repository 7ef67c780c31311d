/** The part of plugins/README.md that is made of the contracts. */
import type { PermissionName } from "../src/plugin-host/contracts/manifest.ts";
import { failureTable } from "../src/plugin-host/failure.ts";
import { limitTable } from "../src/plugin-host/limits.ts";
import { type Contract, contracts, type JsonSchema } from "./plugin-schemas.ts";

export const referenceMarkers = {
  begin: "<!-- reference: written by native/plugins.ts -->",
  end: "<!-- end of reference -->",
} as const;

const permissionMeanings: Readonly<Record<PermissionName, string>> = {
  http: "HTTP requests to these hosts, as `api.example.com`, `*.example.com` or `localhost:8080`",
  config: "values that the administrator sets for these keys; secrets are such values",
  kv: "a store of its own that outlives calls, of so many bytes",
  embed: "vectors of texts",
  generate: "answers of models",
  sql: "queries of databases, by the names of their connections",
};

/** The document with what stands between the markers replaced; throws where it has no markers. */
export function withReference(document: string): string {
  const begin = document.indexOf(referenceMarkers.begin);
  const end = document.indexOf(referenceMarkers.end);
  if (begin < 0 || end < begin)
    throw new Error(`plugins/README.md lacks ${JSON.stringify(referenceMarkers)}`);
  const before = document.slice(0, begin + referenceMarkers.begin.length);
  return `${before}\n\n${generateReference()}\n${document.slice(end)}`;
}

function generateReference(): string {
  const sections = contracts.filter(({ direction }) => direction !== "file").map(contractSection);
  return [
    manifestSection(),
    permissionSection(),
    "### Contracts\n\nJSON Schemas of all of them are in `plugins/sdk/schemas`.\n",
    ...sections,
    limitSection(),
    failureSection(),
  ].join("\n");
}

function manifestSection(): string {
  const manifest = contracts.find(({ name }) => name === "manifest");
  const kinds = (manifest?.schema.oneOf ?? []).map((schema) => ({
    kind: String(schema.properties?.kind?.const),
    rows: fieldRows(schema).filter(([path]) => !path?.startsWith("`permissions.")),
  }));
  const [shared] = kinds;
  const own = kinds
    .slice(1)
    .flatMap(({ kind, rows }) =>
      rows
        .filter((row) => !shared?.rows.some(([path]) => path === row[0]))
        .map(([path = "", type = "", use = "", text = ""]) => [
          path,
          type,
          use,
          `Of a ${kind}. ${text}`.trim(),
        ]),
    );
  const kindRow = ["`kind`", kinds.map(({ kind }) => kind).join(" \\| "), "required", ""];
  const rest = (shared?.rows ?? []).filter(([path]) => path !== "`kind`");
  return `### Manifest\n\n${table(["field", "type", "", ""], [kindRow, ...rest, ...own])}`;
}

function permissionSection(): string {
  const rows = Object.entries(permissionMeanings).map(([name, meaning]) => {
    const fields = Object.entries(permissionFields()[name]?.properties ?? {}).map(
      ([field, schema]) => `${field}: ${typeOf(schema)}`,
    );
    return [`\`${name}\``, `{ ${fields.join(", ")} }`, meaning];
  });
  return `### Permissions\n\n${table(["permission", "in the manifest", "what it allows"], rows)}`;
}

function permissionFields(): Readonly<Record<string, JsonSchema>> {
  const [first] = contracts.find(({ name }) => name === "manifest")?.schema.oneOf ?? [];
  return first?.properties?.permissions?.properties ?? {};
}

function contractSection({ title, schema }: Contract): string {
  const heading = `#### ${title}\n\n`;
  if (!schema.anyOf) return heading + table(["field", "type", "", ""], fieldRows(schema));
  const choices = schema.anyOf.map((choice) => table(["field", "type", "", ""], fieldRows(choice)));
  return heading + choices.join("\nor\n\n");
}

/** A row for each field, inner ones by their path. */
function fieldRows(schema: JsonSchema, prefix = ""): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const isRequired = schema.required?.includes(name) === true;
    const fallback = field.default === undefined ? "optional" : `default ${JSON.stringify(field.default)}`;
    const row = [`\`${path}\``, typeOf(field), isRequired ? "required" : fallback, describe(field)];
    const items = field.type === "array" ? field.items : undefined;
    const values = typeof field.additionalProperties === "object" ? field.additionalProperties : undefined;
    return [
      row,
      ...fieldRows(field, `${path}.`),
      ...(items ? fieldRows(items, `${path}[].`) : []),
      ...(values ? fieldRows(values, `${path}.*.`) : []),
    ];
  });
}

function describe({ description = "", ...schema }: JsonSchema): string {
  const { minimum, maximum } = schema;
  const isBounded = schema.type === "number" && minimum !== undefined && maximum !== undefined;
  const bounds = [
    isBounded && `${minimum} to ${maximum}`,
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
    schema.maxItems !== undefined && `at most ${schema.maxItems}`,
  ].filter((bound) => typeof bound === "string");
  return [description, ...bounds.map((bound) => `${bound}.`)].filter((part) => part !== "").join(" ");
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.join(" \\| ");
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" \\| ");
  if (schema.type === "array")
    return schema.items?.enum ? `(${typeOf(schema.items)})[]` : `${typeOf(schema.items ?? {})}[]`;
  if (schema.type !== "object") return schema.type ?? "any JSON";
  const { additionalProperties: values } = schema;
  return typeof values === "object" ? `{ [name]: ${typeOf(values)} }` : "object";
}

function limitSection(): string {
  const rows = Object.entries(limitTable).map(([name, { default: value, most, meaning }]) => [
    `\`${name}\``,
    value.toLocaleString("en"),
    most.toLocaleString("en"),
    meaning,
  ]);
  const intro = "Per call unless said otherwise. An administrator may set each up to its most.";
  return `### Limits\n\n${intro}\n\n${table(["limit", "default", "most", "of what"], rows)}`;
}

function failureSection(): string {
  const rows = Object.entries(failureTable).map(([code, { meaning, strike }]) => [
    `\`${code}\``,
    meaning,
    strike ? "yes" : "",
  ]);
  const intro = "Two strikes within ten minutes quarantine a plugin.";
  return `### Failures\n\n${intro}\n\n${table(["code", "meaning", "strike"], rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}
