import { z } from "zod";
import { policyHooks } from "./policy.ts";

/** Version of everything in this folder. It rises when a plugin that was right would no longer be. */
export const contractVersion = 1;

export const pluginKinds = ["connector", "judge", "policy"] as const;
export type PluginKind = (typeof pluginKinds)[number];

const maxHosts = 32;
const maxKeys = 64;
const maxOperations = 128;

export const pluginNameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, {
  error: "expected a name of a-z, 0-9 and -, at most 64 characters",
});

const reason = z.string().trim().min(1).max(500).describe("Read by the administrator who grants it.");

/** `api.github.com`, `*.example.com`, `localhost:8080`; a port that is absent is 443 or 80 by the scheme. */
const hostPattern = z
  .string()
  .max(260)
  .regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i, {
    error: "expected hosts such as api.example.com, *.example.com or localhost:8080",
  });

const configKey = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, { error: "expected keys of letters, digits, _ . -" });

const permissionsSchema = z.strictObject({
  http: z
    .strictObject({
      reason,
      hosts: z.array(hostPattern).min(1).max(maxHosts),
      hostsFrom: z
        .array(configKey)
        .max(maxKeys)
        .optional()
        .describe(
          "Config keys that hold addresses: the host that an administrator sets there is granted too.",
        ),
    })
    .optional(),
  config: z.strictObject({ reason, keys: z.array(configKey).min(1).max(maxKeys) }).optional(),
  kv: z.strictObject({ reason, bytes: z.int().min(1).optional() }).optional(),
  embed: z.strictObject({ reason }).optional(),
  generate: z.strictObject({ reason }).optional(),
  sql: z.strictObject({ reason, connections: z.array(z.string().min(1).max(64)).min(1).max(16) }).optional(),
});

const operationSchema = z.strictObject({
  description: z.string().max(500).default(""),
  arguments: z
    .record(z.string(), z.json())
    .default({ type: "object" })
    .describe("JSON Schema of the arguments."),
  result: z.record(z.string(), z.json()).optional().describe("JSON Schema of the data."),
  writes: z
    .boolean()
    .default(false)
    .describe("Whether it changes something; such operations need their own grant."),
});

const operationName = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,63}$/i, { error: "expected names of operations such as get_file" });

const shared = {
  contract: z.int().default(contractVersion).describe("Version of the contract it was written for."),
  name: pluginNameSchema,
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]{1,64})?$/, { error: "expected a version such as 1.0.0" }),
  description: z.string().max(500).default(""),
  permissions: permissionsSchema.default({}),
};

export const manifestSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("judge"), ...shared }),
  z.strictObject({
    kind: z.literal("policy"),
    ...shared,
    hooks: z.array(z.enum(Object.keys(policyHooks) as [keyof typeof policyHooks])).min(1),
  }),
  z.strictObject({
    kind: z.literal("connector"),
    ...shared,
    operations: z
      .record(operationName, operationSchema)
      .refine((operations) => Object.keys(operations).length > 0, {
        error: "expected at least one operation",
      })
      .refine((operations) => Object.keys(operations).length <= maxOperations, {
        error: `expected at most ${maxOperations} operations`,
      }),
  }),
]);

export type Manifest = z.output<typeof manifestSchema>;
export type Permissions = z.output<typeof permissionsSchema>;
export type PermissionName = keyof Permissions;
