import { createHash } from "node:crypto";
import { contractVersion, type Manifest, manifestSchema } from "./contracts/manifest.ts";
import { describeFirstFault } from "./describe-fault.ts";
import { PluginFailure } from "./failure.ts";
import { manifestSection, readCustomSection } from "./wasm/custom-sections.ts";
import { checkSignature, type SignatureState } from "./wasm/signature.ts";

export type PluginFile = {
  readonly bytes: Uint8Array;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Undefined: a module that nobody packed. */
  readonly manifest?: Manifest;
  readonly signature: SignatureState;
};

/** What a plugin's file says of itself. Throws PluginFailure; the code in it is looked at by the host process alone. */
export function readPluginFile(bytes: Uint8Array, trustedKeys: readonly string[]): PluginFile {
  const section = readCustomSection(bytes, manifestSection);
  return {
    bytes,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    ...(section && { manifest: parseManifest(section) }),
    signature: checkSignature(bytes, trustedKeys),
  };
}

/** Throws PluginFailure manifest_invalid naming the field, or contract_unsupported. */
export function parseManifest(content: Uint8Array | string): Manifest {
  const value = parseJson(content);
  const contract =
    typeof value === "object" && value !== null && "contract" in value ? value.contract : undefined;
  if (typeof contract === "number" && contract !== contractVersion) {
    const message = `it was written for version ${contract} of the contract; this Hearth has version ${contractVersion}`;
    throw new PluginFailure("contract_unsupported", message);
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PluginFailure("manifest_invalid", `its manifest is wrong: ${describeFirstFault(parsed.error)}`);
}

function parseJson(content: Uint8Array | string): unknown {
  try {
    const text =
      typeof content === "string" ? content : new TextDecoder("utf-8", { fatal: true }).decode(content);
    return JSON.parse(text);
  } catch (cause) {
    throw new PluginFailure("manifest_invalid", "its manifest is no JSON in UTF-8", { cause });
  }
}
