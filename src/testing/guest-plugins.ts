import { withCustomSection } from "../plugin-host/index.ts";
import { type GuestParts, op, writeGuest } from "./hostile/guest-writer.ts";

/** A plugin file: a module with its manifest. */
export function packPlugin(module: Uint8Array, manifest: object): Uint8Array {
  return withCustomSection(module, "hearth:manifest", new TextEncoder().encode(JSON.stringify(manifest)));
}

/** A judge that answers whatever it is asked with this output; other exports beside it. */
export function makeJudge(
  name: string,
  output: string,
  { manifest = {}, parts }: { readonly manifest?: object; readonly parts?: Partial<GuestParts> } = {},
): Uint8Array {
  const judge: GuestParts["functions"][number] = { code: (guest) => [guest.output(output)] };
  const module = writeGuest({
    exports: { judge: 0 },
    ...parts,
    functions: [judge, ...(parts?.functions ?? [])],
  });
  return packPlugin(module, { kind: "judge", name, version: "1.0.0", ...manifest });
}

/** A judge whose export runs these instructions. */
export function makeJudgeOf(
  name: string,
  code: GuestParts["functions"][number]["code"],
  manifest: object = {},
): Uint8Array {
  const module = writeGuest({ functions: [{ code }], exports: { judge: 0 } });
  return packPlugin(module, { kind: "judge", name, version: "1.0.0", ...manifest });
}

/** Never ends. */
export function makeSpinningJudge(name: string): Uint8Array {
  return makeJudgeOf(name, () => [[op.loop, op.void, op.branch, 0, op.end]]);
}
