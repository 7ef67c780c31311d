import type { z } from "zod";
import { connectorInputSchema, connectorOutputSchema, healthOutputSchema } from "./contracts/connector.ts";
import { type JudgeInput, judgeDefaults, judgeInputSchema, judgeOutputSchema } from "./contracts/judge.ts";
import { healthExport, mainExports } from "./contracts/kinds.ts";
import type { Manifest } from "./contracts/manifest.ts";
import { type PolicyHook, policyHooks } from "./contracts/policy.ts";
import { describeFirstFault } from "./describe-fault.ts";
import { PluginFailure } from "./failure.ts";
import type { Grants } from "./grants.ts";
import { argumentsCheck } from "./operation-schema.ts";

/** A call that fits the contract: what goes in as JSON, and what must come out. */
export type CheckedCall = {
  readonly input: string;
  readonly output: z.ZodType;
  /** More values would keep the server busy, which parses them. */
  readonly maxValues: number;
};

const maxVerdictValues = 2_000;
const maxDataValues = 100_000;

type Asked = {
  readonly manifest: Manifest;
  readonly grants: Grants;
  readonly export: string;
  readonly input: unknown;
  /** Whether it is a judge's input by its type. */
  readonly isTyped?: boolean;
};

/**
 * Checks the input of a call by the contract of the plugin's kind; undefined for an export that no contract names.
 * Throws PluginFailure input_invalid, plugin_not_implemented or not_granted.
 */
export function checkCall({
  manifest,
  grants,
  export: name,
  input: given,
  isTyped = false,
}: Asked): CheckedCall | undefined {
  if (isTyped && manifest.kind === "judge" && name === mainExports.judge) return toTypedCall(given);
  const input = withoutNulls(given);
  if (manifest.kind === "connector" && name === healthExport)
    return { input: "{}", output: healthOutputSchema, maxValues: maxVerdictValues };
  if (name !== mainExports[manifest.kind]) return undefined;
  switch (manifest.kind) {
    case "judge":
      return {
        ...judgeCheck,
        input: toJson(parse(judgeInputSchema, withContextList(input))),
      };
    case "policy":
      return checkDecision(manifest, input);
    case "connector":
      return checkOperation(manifest, grants, input);
    default:
      return manifest satisfies never;
  }
}

const judgeCheck = { output: judgeOutputSchema, maxValues: maxVerdictValues } as const;

/** What the compiler has checked is not checked again: judges look at thousands of answers. */
function toTypedCall(given: unknown): CheckedCall {
  return { ...judgeCheck, input: toJson({ ...judgeDefaults, ...(given as JudgeInput) }) };
}

/** Throws PluginFailure output_not_json or output_invalid, which name what is wrong. */
export function parseOutput(text: string, schema: z.ZodType): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PluginFailure("output_not_json", "its output is not JSON", { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PluginFailure("output_invalid", `its output is wrong: ${describeFirstFault(parsed.error)}`);
}

/** Clients send what they leave out as null. */
function withoutNulls(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

/** A context of one text may be given as that text. */
function withContextList(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !("context" in input)) return input;
  return typeof input.context === "string" ? { ...input, context: [input.context] } : input;
}

function checkDecision(manifest: Extract<Manifest, { kind: "policy" }>, input: unknown): CheckedCall {
  const hook = typeof input === "object" && input !== null && "hook" in input ? input.hook : undefined;
  if (!isHook(hook)) {
    const known = Object.keys(policyHooks).join(", ");
    throw new PluginFailure("input_invalid", `the input names no hook; "hook" is one of ${known}`);
  }
  if (!manifest.hooks.includes(hook)) {
    throw new PluginFailure("plugin_not_implemented", `${manifest.name} does not decide ${hook}`);
  }
  const { input: inputSchema, output } = policyHooks[hook];
  return { input: toJson(parse(inputSchema, input)), output, maxValues: maxVerdictValues };
}

function checkOperation(
  manifest: Extract<Manifest, { kind: "connector" }>,
  grants: Grants,
  input: unknown,
): CheckedCall {
  const { operation, arguments: given } = parse(connectorInputSchema, input);
  const found = Object.hasOwn(manifest.operations, operation) ? manifest.operations[operation] : undefined;
  if (!found) {
    const known = Object.keys(manifest.operations).join(", ");
    throw new PluginFailure(
      "plugin_not_implemented",
      `${manifest.name} has no operation "${operation}"; it has ${known}`,
    );
  }
  if (found.writes && !grants.write) {
    const message = `${operation} changes something, which ${manifest.name} was not granted; grant it with hearth plugin add ${manifest.name} --grant write`;
    throw new PluginFailure("not_granted", message);
  }
  const checked = parse(argumentsCheck(manifest, operation), given, "arguments");
  return {
    input: toJson({ operation, arguments: checked }),
    output: connectorOutputSchema,
    maxValues: maxDataValues,
  };
}

function parse<S extends z.ZodType>(schema: S, value: unknown, place = "the input"): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PluginFailure("input_invalid", `${place} is wrong: ${describeFirstFault(parsed.error)}`);
}

function isHook(value: unknown): value is PolicyHook {
  return typeof value === "string" && Object.hasOwn(policyHooks, value);
}

function toJson(value: unknown): string {
  return JSON.stringify(value);
}
