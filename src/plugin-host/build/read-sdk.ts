import { embeddedCompiler } from "./embedded-compiler.ts";

export type Sdk = {
  /** AssemblyScript by its path in the SDK, such as `generated/judge-input.ts`. */
  readonly sources: ReadonlyMap<string, string>;
  /** What AssemblyScript itself declares, for editors. */
  readonly types: string;
};

/** How the executable carries it. */
export const sdkAsset = "sdk.json";
export type PackedSdk = { readonly sources: Readonly<Record<string, string>>; readonly types: string };

/** The SDK that plugins are compiled with: the executable's own, or the repository's. */
export async function readSdk(): Promise<Sdk> {
  const asset = embeddedCompiler.find(({ name }) => name === sdkAsset);
  if (asset) {
    const { sources, types } = (await Bun.file(asset.source).json()) as PackedSdk;
    return { sources: new Map(Object.entries(sources)), types };
  }
  const { readSdkSources, readAssemblyScriptTypes } = await import("../../../native/plugin-sdk.ts");
  return { sources: readSdkSources(), types: readAssemblyScriptTypes() };
}
