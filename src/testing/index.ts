export { createFakeCli, type FakeCli, type FakeCliOptions } from "./fake-cli-app.ts";
export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { createFakeCoordinator, quietSettings } from "./fake-coordinator.ts";
export { createFakeEngine, type FakeEngine, type FakeEngineOptions, type FakeStep } from "./fake-engine.ts";
export { createFakeIo, type FakeIo } from "./fake-io.ts";
export {
  createFakeLibrary,
  createFakeRecord,
  type FakeLibrary,
  type FakeLibraryOptions,
  type FakePullStep,
} from "./fake-library.ts";
export {
  type GithubFixture,
  type GithubFixtureOptions,
  type GithubMisbehaviour,
  startGithubFixture,
} from "./github-fixture.ts";
export type { GithubAnswer, GithubRepository, GithubThread } from "./github-repository.ts";
export { makeJudge, makeJudgeOf, makeSpinningJudge, packPlugin } from "./guest-plugins.ts";
export {
  endlessLoop,
  forever,
  type GuestParts,
  type GuestWriter,
  i64Const,
  op,
  writeGuest,
} from "./hostile/guest-writer.ts";
export type { HostileModule } from "./hostile/hostile-module.ts";
export { hostileModules } from "./hostile/hostile-modules.ts";
export { saying } from "./hostile/outputs.ts";
export { sending } from "./hostile/ungranted.ts";
export {
  type FixtureConnection,
  type FixtureHandler,
  type FixtureRequest,
  fixtureCertificate,
  type HttpFixture,
  startHttpFixture,
  writeHttpAnswer,
} from "./http-fixture.ts";
export { demoModelPath, findTestModel } from "./models.ts";
export { collectText, createChatRequest, createRealEngine, type RealEngineOptions } from "./real-engine.ts";
export { childrenOf } from "./serve-process.ts";
export {
  createServerRecords,
  type LogLine,
  type ServerChanges,
  type ServerRecords,
} from "./server-records.ts";
export { createTemporaryFolder, type TemporaryFolder } from "./temporary-folder.ts";
export { type TinyGguf, type TinyTensor, type TinyValue, writeTinyGguf } from "./tiny-gguf.ts";
export {
  startUpstreamFixture,
  type UpstreamFixture,
  type UpstreamFixtureOptions,
} from "./upstream-fixture.ts";
export type {
  UpstreamCall,
  UpstreamFault,
  UpstreamReply,
  UpstreamScript,
  UpstreamUsage,
} from "./upstream-script.ts";
export { isProcessAlive, readCpuTicks, waitUntil } from "./wait-until.ts";
export {
  joinWasm,
  type WasmBytes,
  type WasmExportKind,
  type WasmFunction,
  type WasmLimits,
  type WasmParts,
  type WasmType,
  wasmCustomSection,
  wasmElements,
  wasmI32Const,
  wasmName,
  wasmPreamble,
  wasmSection,
  wasmTypes,
  wasmU32,
  wasmVector,
  writeWasm,
} from "./wasm-writer.ts";
