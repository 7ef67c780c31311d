export { type CompiledPlugin, compilePlugin } from "./build/compile-plugin.ts";
export { createPluginFolder } from "./build/create-folder.ts";
export type { ConnectorInput, ConnectorOutput } from "./contracts/connector.ts";
export type { JudgeInput, JudgeOutput } from "./contracts/judge.ts";
export { healthExport, mainExports } from "./contracts/kinds.ts";
export type { Manifest, PluginKind } from "./contracts/manifest.ts";
export type { PolicyHook, PolicyInput, PolicyOutput } from "./contracts/policy.ts";
export { type Failure, type FailureCode, failureTable, PluginFailure } from "./failure.ts";
export type { Grants } from "./grants.ts";
export { checkLimits, type LimitName, type Limits, limitTable } from "./limits.ts";
export type { LoggedLine } from "./log-book.ts";
export type { Decisions } from "./manage-plugins.ts";
export { createPluginObserver, silentObserver } from "./observer.ts";
export {
  type AskedPermission,
  describePermissions,
  grantAsked,
  grantNames,
  isGrantName,
} from "./permissions.ts";
export { toPluginError } from "./plugin-error.ts";
export type { GuestModels, PluginObserver, PluginOptions } from "./plugin-options.ts";
export {
  createPlugins,
  type PluginResult,
  type Plugins,
  type RawCall,
  type UnpackedModule,
} from "./plugins.ts";
export type { RecordedExchange } from "./protocol.ts";
export { type PluginFile, parseManifest, readPluginFile } from "./read-plugin.ts";
export type { ConfigValue, PluginRecord } from "./store/plugin-record.ts";
export {
  manifestSection,
  signatureSection,
  withCustomSection,
  withoutCustomSection,
} from "./wasm/custom-sections.ts";
export { createSigningKey, signModule } from "./wasm/signature.ts";
