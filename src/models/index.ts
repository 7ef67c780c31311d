export { type Asset, ensureOwnFolder, unpackAssets } from "./assets.ts";
export { builtInModel } from "./built-in.ts";
export { describeGguf, type GgufDescription } from "./gguf/describe.ts";
export { type ResolvedModel, resolveModel, resolveModels } from "./resolve-model.ts";
