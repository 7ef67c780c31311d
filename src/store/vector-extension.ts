import { join } from "node:path";
import { unpackAssets } from "../base/index.ts";
import { embeddedExtension } from "./embedded-extension.ts";

/** The path of sqlite-vec for this machine: unpacked under `home`, or as its package has it. */
export async function locateVectorExtension(home: string): Promise<string> {
  const [embedded] = embeddedExtension;
  if (embedded) return join(await unpackAssets(home, "sqlite", embeddedExtension), embedded.name);
  const { findVectorExtension } = await import("../../native/vector-extension.ts");
  return findVectorExtension();
}
