import { z } from "zod";
import type { Manifest } from "./contracts/manifest.ts";
import { PluginFailure } from "./failure.ts";

const maxSchemaNodes = 1_000;
/** A plugin's own pattern would be matched against text of a client by the server: some never end. */
const refusedKeywords: ReadonlySet<string> = new Set([
  "pattern",
  "patternProperties",
  "propertyNames",
  "format",
  "$ref",
  "$dynamicRef",
]);

type ConnectorManifest = Extract<Manifest, { kind: "connector" }>;

/** Throws PluginFailure manifest_invalid for an operation whose schema the host cannot check arguments with. */
export function checkOperations(manifest: ConnectorManifest): void {
  for (const name of Object.keys(manifest.operations)) argumentsCheck(manifest, name);
}

const checks = new WeakMap<ConnectorManifest, Map<string, z.ZodType>>();

/** What checks the arguments of an operation that the manifest has. */
export function argumentsCheck(manifest: ConnectorManifest, name: string): z.ZodType {
  const known = checks.get(manifest) ?? new Map<string, z.ZodType>();
  checks.set(manifest, known);
  const check = known.get(name) ?? createArgumentsCheck(manifest, name);
  known.set(name, check);
  return check;
}

function createArgumentsCheck(manifest: ConnectorManifest, name: string): z.ZodType {
  const schema = manifest.operations[name]?.arguments ?? {};
  refuseKeywords(schema, name);
  try {
    return z.fromJSONSchema(schema);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PluginFailure(
      "manifest_invalid",
      `the schema of the operation ${name} cannot be used: ${reason}`,
      { cause },
    );
  }
}

function refuseKeywords(schema: unknown, operation: string): void {
  const open: { readonly node: unknown; readonly isNames: boolean }[] = [{ node: schema, isNames: false }];
  for (let seen = 0; ; seen += 1) {
    const next = open.pop();
    if (!next) return;
    if (seen > maxSchemaNodes) {
      throw new PluginFailure("manifest_invalid", `the schema of the operation ${operation} is too large`);
    }
    const { node, isNames } = next;
    if (typeof node !== "object" || node === null) continue;
    for (const [keyword, value] of Object.entries(node)) {
      if (!isNames && refusedKeywords.has(keyword)) {
        const message = `the schema of the operation ${operation} uses ${keyword}, which the host does not check; leave it out`;
        throw new PluginFailure("manifest_invalid", message);
      }
      // Under `properties` the names are the author's own.
      open.push({ node: value, isNames: !isNames && keyword === "properties" });
    }
  }
}
