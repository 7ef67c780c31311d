type Schema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
};

type Operation = {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
};

type Document = {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
summary { cursor: pointer; padding: .4rem 0; }
code { font-family: ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
td { border-top: 1px solid #8884; padding: .25rem .75rem .25rem 0; vertical-align: top; }
.method { display: inline-block; width: 4rem; font-weight: 600; }
`;

/** One page without scripts that shows every route and the fields of its body. */
export function toDocumentationPage(openApiDocument: object): string {
  const { info, paths } = openApiDocument as Document;
  const sections = Map.groupBy(operationsOf(paths), ({ operation }) => operation.tags?.[0] ?? "Other");
  const body = [...sections].map(
    ([tag, operations]) => `<h2>${toHtml(tag)}</h2>${operations.map(toSection).join("")}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${toHtml(info.title)} API</title><style>${style}</style></head>
<body><h1>${toHtml(info.title)} ${toHtml(info.version)}</h1><p>${toHtml(info.description ?? "")}
The machine-readable form is <a href="/openapi.json">/openapi.json</a>.</p>${body.join("")}</body></html>`;
}

type Listed = { readonly path: string; readonly method: string; readonly operation: Operation };

function operationsOf(paths: Document["paths"]): Listed[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

function toSection({ path, method, operation }: Listed): string {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const heading = `<span class="method">${toHtml(method.toUpperCase())}</span><code>${toHtml(path)}</code>`;
  const summary = ` ${toHtml(operation.summary ?? "")}`;
  if (!schema?.properties) return `<p>${heading}${summary}</p>`;
  const rows = Object.entries(schema.properties).map(([name, field]) => {
    const mark = schema.required?.includes(name) ? " (required)" : "";
    return `<tr><td><code>${toHtml(name)}</code>${mark}</td><td>${toHtml(toTypeText(field))}</td><td>${toHtml(field.description ?? "")}</td></tr>`;
  });
  return `<details><summary>${heading}${summary}</summary><table>${rows.join("")}</table></details>`;
}

function toTypeText(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(toTypeText).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.items) return `list of ${toTypeText(schema.items)}`;
  const type = typeof schema.type === "string" ? schema.type : (schema.type?.join(" or ") ?? "any");
  return `${type}${toRangeText(schema)}`;
}

function toRangeText(schema: Schema): string {
  const lowest = schema.minimum ?? schema.exclusiveMinimum;
  if (lowest === undefined && schema.maximum === undefined) return "";
  const opening = schema.exclusiveMinimum === undefined ? "[" : "(";
  return ` ${opening}${lowest ?? "…"}, ${schema.maximum ?? "…"}]`;
}

function toHtml(text: string): string {
  return Bun.escapeHTML(text);
}
