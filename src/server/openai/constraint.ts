import { z } from "@hono/zod-openapi";
import type { JsonObject, JsonValue, OutputConstraint } from "../../contract/index.ts";
import { maxGrammarCharacters, maxGuidedChoices } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { checkSchema, checkStrictSchema } from "../schema-check.ts";

const anyObject: JsonObject = { type: "object" };

/** Fields that say what form the output must have, in the spellings of OpenAI, llama.cpp and vLLM. */
export function constraintShape() {
  const schema = () => z.union([z.record(z.string(), z.unknown()), z.boolean()]);
  const grammar = () => z.string().max(maxGrammarCharacters);
  const choices = () => z.array(z.string().min(1)).min(1).max(maxGuidedChoices);
  return {
    response_format: z
      .looseObject({
        type: z.enum(["text", "json_object", "json_schema"]),
        schema: schema().nullish(),
        json_schema: z
          .looseObject({
            name: z.string().nullish(),
            strict: z.boolean().nullish(),
            schema: schema().nullish(),
          })
          .nullish(),
      })
      .optional(),
    grammar: grammar().optional().describe("GBNF"),
    json_schema: schema().optional(),
    guided_json: z.union([schema(), z.string()]).optional(),
    guided_grammar: grammar().optional().describe("GBNF"),
    guided_choice: choices().optional(),
    guided_regex: z.string().optional().describe("Refused"),
    structured_outputs: z
      .looseObject({
        json: z.union([schema(), z.string()]).nullish(),
        json_object: z.boolean().nullish(),
        grammar: grammar().nullish(),
        choice: choices().nullish(),
        regex: z.string().nullish(),
        structural_tag: z.unknown().optional(),
      })
      .optional(),
  };
}

type ConstraintBody = z.output<z.ZodObject<ReturnType<typeof constraintShape>>>;

/** At most one field may ask for a form; two would have to be guessed between. */
export function fromConstraintFields(body: ConstraintBody): OutputConstraint | undefined {
  const asked = [...askedByName(body)].filter(([, constraint]) => constraint !== undefined);
  const [first, second] = asked;
  if (first && second) throw invalidParameter(second[0], `${second[0]} cannot be combined with ${first[0]}.`);
  return first?.[1];
}

function* askedByName(body: ConstraintBody): Generator<[string, OutputConstraint | undefined]> {
  const outputs = body.structured_outputs;
  const regex =
    body.guided_regex === undefined
      ? outputs?.regex
        ? "structured_outputs.regex"
        : undefined
      : "guided_regex";
  if (regex)
    throw invalidParameter(
      regex,
      `${regex} is not supported; give a GBNF grammar or a JSON schema with a pattern.`,
    );
  if (outputs?.structural_tag) {
    throw invalidParameter(
      "structured_outputs.structural_tag",
      "structural_tag is not supported; give a GBNF grammar.",
    );
  }
  yield ["response_format", fromResponseFormat(body.response_format)];
  yield [
    "json_schema",
    body.json_schema === undefined ? undefined : toSchema(body.json_schema, "json_schema"),
  ];
  yield ["grammar", toGrammar(body.grammar)];
  yield ["guided_json", toSchemaOrText(body.guided_json, "guided_json")];
  yield ["guided_grammar", toGrammar(body.guided_grammar)];
  yield ["guided_choice", toChoiceGrammar(body.guided_choice)];
  if (!outputs) return;
  yield ["structured_outputs.json", toSchemaOrText(outputs.json ?? undefined, "structured_outputs.json")];
  yield [
    "structured_outputs.json_object",
    outputs.json_object ? { type: "json-schema", schema: anyObject } : undefined,
  ];
  yield ["structured_outputs.grammar", toGrammar(outputs.grammar ?? undefined)];
  yield ["structured_outputs.choice", toChoiceGrammar(outputs.choice ?? undefined)];
}

function fromResponseFormat(format: ConstraintBody["response_format"]): OutputConstraint | undefined {
  if (!format || format.type === "text") return undefined;
  const schema = format.json_schema?.schema ?? format.schema ?? undefined;
  if (format.type === "json_object") return toSchema(format.schema ?? anyObject, "response_format.schema");
  const param = "response_format.json_schema.schema";
  if (schema === undefined) throw invalidParameter(param, `${param}: a schema is needed.`);
  return toSchema(schema, param, { mustHold: format.json_schema?.strict !== false });
}

/** An empty schema allows any object, as it does in llama.cpp. */
function toSchema(
  schema: unknown,
  param: string,
  { mustHold }: { readonly mustHold: boolean } = { mustHold: true },
): OutputConstraint {
  if (mustHold) checkStrictSchema(schema, param);
  else checkSchema(schema, param);
  const isEmpty = typeof schema === "object" && schema !== null && Object.keys(schema).length === 0;
  return { type: "json-schema", schema: isEmpty ? anyObject : (schema as JsonValue) };
}

function toSchemaOrText(value: unknown, param: string): OutputConstraint | undefined {
  if (typeof value !== "string") return value === undefined ? undefined : toSchema(value, param);
  const parsed = parseJson(value);
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return toSchema(parsed, param);
  throw invalidParameter(param, `${param}: the text is not a JSON schema.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toGrammar(grammar: string | undefined): OutputConstraint | undefined {
  return grammar === undefined || grammar.trim() === "" ? undefined : { type: "grammar", grammar };
}

function toChoiceGrammar(choices: readonly string[] | undefined): OutputConstraint | undefined {
  if (!choices) return undefined;
  return { type: "grammar", grammar: `root ::= ${choices.map(toGbnfLiteral).join(" | ")}` };
}

function toGbnfLiteral(text: string): string {
  const escaped = text.replace(/[\\"\n\r\t]/g, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    return character === "\t" ? "\\t" : `\\${character}`;
  });
  return `"${escaped}"`;
}
