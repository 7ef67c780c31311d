export * from "./connector";
export * from "./generated/cache-admit-input";
export * from "./generated/cache-admit-output";
export * from "./generated/cache-serve-input";
export * from "./generated/cache-serve-output";
export * from "./generated/connector-input";
export * from "./generated/connector-output";
export * from "./generated/health-output";
export * from "./generated/judge-input";
export * from "./generated/judge-output";
export * from "./generated/policy";
export * from "./generated/route-decide-input";
export * from "./generated/route-decide-output";
export * from "./generated/value-score-input";
export * from "./generated/value-score-output";
export {
  bytesOf,
  getConfig,
  getVar,
  kvDelete,
  kvGet,
  kvGetBytes,
  kvList,
  kvSet,
  kvSetBytes,
  logDebug,
  logError,
  logInfo,
  logTrace,
  logWarn,
  readJson,
  readText,
  reportError,
  setVar,
  textOf,
  writeJson,
  writeText,
} from "./host";
export * from "./http";
export { Json } from "./json";
export * from "./judge";
export * from "./keyword-search";
export * from "./models";
export * from "./text";
export * from "./words";
