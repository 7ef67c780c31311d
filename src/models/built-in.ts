import { join } from "node:path";
import { unpackAssets } from "../base/index.ts";
import { isCompiled } from "../process/index.ts";
import demoPath from "./hearth-demo-q8_0.gguf" with { type: "file" };

export const builtInModel = "hearth-demo";
const demoFile = "hearth-demo-q8_0.gguf";

/** Path of the built-in model's file, which a compiled program unpacks first. */
export async function locateBuiltInModel(home: string): Promise<string> {
  if (!isCompiled()) return demoPath;
  return join(await unpackAssets(home, "model", [{ name: demoFile, source: demoPath }]), demoFile);
}
