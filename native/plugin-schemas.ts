/** JSON Schemas of the plugin contracts, made of their zod schemas. */
import { z } from "zod";
import {
  connectorInputSchema,
  connectorOutputSchema,
  healthOutputSchema,
} from "../src/plugin-host/contracts/connector.ts";
import { judgeInputSchema, judgeOutputSchema } from "../src/plugin-host/contracts/judge.ts";
import { manifestSchema } from "../src/plugin-host/contracts/manifest.ts";
import { policyHooks } from "../src/plugin-host/contracts/policy.ts";

/** The parts of JSON Schema that the contracts make use of. */
export type JsonSchema = {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
};

export type Contract = {
  /** File name of its schema, without .json. */
  readonly name: string;
  readonly title: string;
  /** `in`: given to a plugin; `out`: what it answers with. */
  readonly direction: "in" | "out" | "file";
  readonly schema: JsonSchema;
};

const hooks = Object.entries(policyHooks).flatMap(([hook, { input, output }]) => [
  contract(`${hook.replace(".", "-")}-input`, `Policy hook ${hook}: input`, "in", input),
  contract(`${hook.replace(".", "-")}-output`, `Policy hook ${hook}: output`, "out", output),
]);

/** Every contract, in the order of the reference. */
export const contracts: readonly Contract[] = [
  contract("manifest", "Manifest", "file", manifestSchema),
  contract("judge-input", "Judge: input", "in", judgeInputSchema),
  contract("judge-output", "Judge: output", "out", judgeOutputSchema),
  contract("connector-input", "Connector: input", "in", connectorInputSchema),
  contract("connector-output", "Connector: output", "out", connectorOutputSchema),
  contract("health-output", "Connector: output of health", "out", healthOutputSchema),
  ...hooks,
];

function contract(
  name: string,
  title: string,
  direction: Contract["direction"],
  schema: z.ZodType,
): Contract {
  const { $defs: _, ...root } = z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>;
  return { name, title, direction, schema: anyJson(root) as JsonSchema };
}

/** The one recursive schema is that of any JSON value, which JSON Schema writes as {}. */
function anyJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anyJson);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "$ref");
  return Object.fromEntries(entries.map(([key, entry]) => [key, anyJson(entry)]));
}
