import { versions as nativeVersions } from "../../native/versions.ts";
import packageJson from "../../package.json" with { type: "json" };

/** Hearth and what it is made of. */
export const versions = {
  hearth: packageJson.version,
  "llama.cpp": nativeVersions.llamaCpp,
  bun: Bun.version,
} as const;
