/** AssemblyScript classes of what plugins are given and answer with. */
import { policyHooks } from "../src/plugin-host/contracts/policy.ts";
import { type Contract, contracts, type JsonSchema } from "./plugin-schemas.ts";

type Field = {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
};
type ClassText = { readonly name: string; readonly text: string };

const header = "// Generated from the contracts by native/plugins.ts; changes here are lost.\n";

/** File name and AssemblyScript of each contract that a plugin sees at run time. */
export function generateClasses(): ReadonlyMap<string, string> {
  const seen = contracts.filter(({ direction }) => direction !== "file");
  return new Map([
    ...seen.map((entry) => [`${entry.name}.ts`, generateFile(entry)] as const),
    ["policy.ts", generatePolicy()],
  ]);
}

/** A method for each hook: only the hooks that a plugin uses are compiled into it. */
function generatePolicy(): string {
  const hooks = Object.keys(policyHooks).map((hook) => ({ hook, name: pascal(hook.replace(".", "-")) }));
  const imports = hooks.map(({ hook, name }) => {
    const file = hook.replace(".", "-");
    return `import { ${name}Input } from "./${file}-input";\nimport { ${name}Output } from "./${file}-output";\n`;
  });
  const methods = hooks.map(
    ({ hook, name }) => `
  on${name}(answer: (input: ${name}Input) => ${name}Output): this {
    if (this.isFor("${hook}")) this.answer(answer(${name}Input.from(this.input)).toJson());
    return this;
  }
`,
  );
  return `${header}import { PolicyCall } from "../policy-call";\n${imports.join("")}
/** Answers the hook that it was called for with the function given for it; \`run\` comes last. */
export class Policy extends PolicyCall {${methods.join("")}}
`;
}

function generateFile(entry: Contract): string {
  const classes = generateClass(pascal(entry.name), entry.schema, entry);
  return `${header}import { Json } from "../json";\n\n${classes.map(({ text }) => text).join("\n")}`;
}

/** The class and those of the objects within it, inner ones first. */
function generateClass(name: string, schema: JsonSchema, { direction }: Contract): readonly ClassText[] {
  const fields = fieldsOf(schema);
  const inner = fields.flatMap((field) => {
    const object = field.schema.type === "array" ? field.schema.items : field.schema;
    if (!object?.properties) return [];
    return generateClass(innerName(name, field), object, { direction } as Contract);
  });
  const lines = fields.flatMap((field) => [...docOf(field), `  ${declarationOf(name, field)}`]);
  const method = direction === "in" ? readerOf(name, fields) : writerOf(fields);
  const text = `export class ${name} {\n${lines.join("\n")}\n\n${method}}\n`;
  return [...inner, { name, text }];
}

/** Of a choice between objects: the fields of all, each optional. */
function fieldsOf(schema: JsonSchema): readonly Field[] {
  if (schema.anyOf) return schema.anyOf.flatMap(fieldsOf).map((field) => ({ ...field, isRequired: false }));
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: field,
    isRequired: required.has(name),
  }));
}

function innerName(outer: string, { name, schema }: Field): string {
  const own = pascal(schema.type === "array" ? name.replace(/s$/, "") : name);
  return /^(Judge|Connector)/.test(outer) ? (own === "Error" ? "ConnectorError" : own) : outer + own;
}

function pascal(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function docOf({ schema, isRequired }: Field): readonly string[] {
  const isOptionalNumber = isNumber(schema) && !isRequired && schema.default === undefined;
  const parts = [
    schema.description,
    schema.enum && `One of: ${schema.enum.join(", ")}.`,
    schema.anyOf && `One of: ${schema.anyOf.map((choice) => String(choice.const)).join(", ")}.`,
    typeof schema.additionalProperties === "object" &&
      isNumber(schema.additionalProperties) &&
      "Numbers by their names.",
    isOptionalNumber && "NaN where there is none.",
  ].filter((part) => typeof part === "string");
  return parts.length === 0 ? [] : [`  /** ${parts.join(" ")} */`];
}

function isNumber({ type, anyOf }: JsonSchema): boolean {
  return type === "number" || type === "integer" || anyOf?.every(isNumber) === true;
}

function isAny(schema: JsonSchema): boolean {
  return schema.type === undefined && !schema.anyOf;
}

function declarationOf(outer: string, field: Field): string {
  const { name, schema, isRequired } = field;
  const isOptional = !isRequired && schema.default === undefined;
  if (isNumber(schema)) return `${name}: f64 = ${Number(schema.default ?? Number.NaN)};`;
  if (schema.type === "boolean") return `${name}: bool = ${schema.default ?? false};`;
  if (schema.type === "array") {
    const item = schema.items?.properties ? innerName(outer, field) : "string";
    return `${name}: ${item}[] = [];`;
  }
  if (schema.properties) {
    const type = innerName(outer, field);
    return isOptional ? `${name}: ${type} | null = null;` : `${name}: ${type} = new ${type}();`;
  }
  if (schema.type === "object") return `${name}: Json = Json.object();`;
  if (isAny(schema)) return isOptional ? `${name}: Json | null = null;` : `${name}: Json = Json.null();`;
  if (isOptional) return `${name}: string | null = null;`;
  return `${name}: string = ${JSON.stringify(schema.const ?? schema.default ?? "")};`;
}

function readerOf(name: string, fields: readonly Field[]): string {
  const lines = fields.flatMap((field) => readLines(name, field).map((line) => `    ${line}`));
  return `  static from(json: Json): ${name} {\n    const value = new ${name}();\n${lines.join("\n")}\n    return value;\n  }\n`;
}

function readLines(outer: string, field: Field): readonly string[] {
  const { name, schema, isRequired } = field;
  const from = `json.get("${name}")`;
  const to = `value.${name}`;
  if (isNumber(schema)) return [`${to} = ${from}.asNumber(${to});`];
  if (schema.type === "boolean") return [`${to} = ${from}.asBool(${to});`];
  if (schema.type === "array" && schema.items?.properties) {
    const list = `${name}Json`;
    const push = `${to}.push(${innerName(outer, field)}.from(${list}.at(i)));`;
    return [`const ${list} = ${from};`, `for (let i = 0; i < ${list}.length; i++) ${push}`];
  }
  if (schema.type === "array") return [`${to} = ${from}.asStrings();`];
  if (schema.type === "object" || isAny(schema)) return [`if (json.has("${name}")) ${to} = ${from};`];
  const isOptional = !isRequired && schema.default === undefined;
  if (isOptional) return [`if (${from}.isString) ${to} = ${from}.asString();`];
  return [`${to} = ${from}.asString(${to});`];
}

function writerOf(fields: readonly Field[]): string {
  const lines = fields.flatMap((field) => writeLines(field).map((line) => `    ${line}`));
  return `  toJson(): Json {\n    const json = Json.object();\n${lines.join("\n")}\n    return json;\n  }\n`;
}

function writeLines({ name, schema, isRequired }: Field): readonly string[] {
  const value = `this.${name}`;
  const isOptional = !isRequired && schema.default === undefined;
  if (schema.type === "array" && schema.items?.properties) {
    const list = `${name}Json`;
    const push = `${list}.push(${value}[i].toJson());`;
    return [
      `const ${list} = Json.array();`,
      `for (let i = 0; i < ${value}.length; i++) ${push}`,
      `${isOptional ? `if (${list}.length > 0) ` : ""}json.set("${name}", ${list});`,
    ];
  }
  if (isNumber(schema) && isOptional) return [`if (!isNaN(${value})) json.set("${name}", ${value});`];
  if (schema.properties && !isOptional) return [`json.set("${name}", ${value}.toJson());`];
  if (!isOptional) return [`json.set("${name}", ${value});`];
  const local = `${name}Value`;
  const written = schema.properties ? `${local}.toJson()` : local;
  return [`const ${local} = ${value};`, `if (${local}) json.set("${name}", ${written});`];
}
