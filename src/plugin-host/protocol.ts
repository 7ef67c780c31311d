/** What the server and a plugin host tell each other. Structured clone carries it, bytes included. */
import type { Failure } from "./failure.ts";
import type { Grants } from "./grants.ts";
import type { Limits } from "./limits.ts";

/** All that a host needs to run a plugin. */
export type GuestSpec = {
  /** Content hash and everything that changes how it runs; a plugin whose grants change is another guest. */
  readonly key: string;
  readonly name: string;
  readonly path: string;
  /** Hexadecimal; the host reads the file and refuses another one. */
  readonly sha256: string;
  readonly limits: Limits;
  readonly grants: Grants;
  /** Values of the granted config keys alone. */
  readonly config: Readonly<Record<string, string>>;
};

/** Answers that stand in for the network in a plugin's own tests. */
export type RecordedExchange = {
  readonly request: { readonly method: string; readonly url: string; readonly body?: string };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
};

export type CallOptions = {
  readonly export: string;
  readonly input: Uint8Array | string;
  /** Whether the output must be JSON. */
  readonly json: boolean;
  /** How many values the JSON may hold. */
  readonly maxValues?: number;
  readonly recorded?: readonly RecordedExchange[];
};

export type LogLine = {
  readonly level: "trace" | "debug" | "info" | "warn" | "error";
  readonly text: string;
};

/** Work that a guest asks the server for. Values are as the guest gave them: the server checks them. */
export type HostCall =
  | { readonly type: "kv-get"; readonly key: string }
  | { readonly type: "kv-set"; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "kv-delete"; readonly key: string }
  | { readonly type: "kv-list"; readonly prefix: string }
  | { readonly type: "generate"; readonly request: string }
  | { readonly type: "embed"; readonly request: string };

export type HostCallResult =
  | { readonly ok: true; readonly value: Uint8Array | string | undefined }
  | { readonly ok: false; readonly failure: Failure };

export type ToHost =
  | { readonly type: "load"; readonly spec: GuestSpec }
  | { readonly type: "unload"; readonly key: string }
  | {
      readonly type: "call";
      readonly id: number;
      readonly key: string;
      readonly options: CallOptions;
      /** Other calls wait inside: `began` is to be sent, since nobody can tell who holds the thread. */
      readonly isAnnounced: boolean;
    }
  | { readonly type: "cancel"; readonly id: number; readonly failure: Failure }
  | { readonly type: "reply"; readonly id: number; readonly callId: number; readonly result: HostCallResult };

/** What a loaded module is, for those who add and list it. */
export type ModuleFacts = {
  readonly exports: readonly string[];
  readonly imports: readonly string[];
  /** Why every call gets a fresh instance, where one cannot be set back. */
  readonly isResettable: boolean;
  readonly loadMs: number;
};

/** What a host says of a call that has ended. */
export type HostReport = {
  readonly durationMs: number;
  /** Linear memory and blocks at the end of the call. */
  readonly memoryBytes: number;
};

/** The same with what the guest logged, which comes as it is logged: a guest that must be killed is to be understood. */
export type CallReport = HostReport & { readonly logs: readonly LogLine[] };

export type FromHost =
  | { readonly type: "ready" }
  | { readonly type: "loaded"; readonly key: string; readonly facts: ModuleFacts }
  | { readonly type: "load-failed"; readonly key: string; readonly failure: Failure }
  | { readonly type: "log"; readonly id: number; readonly line: LogLine }
  | { readonly type: "began"; readonly id: number }
  /** With the memory that the call holds meanwhile. */
  | { readonly type: "waiting"; readonly id: number; readonly memoryBytes: number }
  | { readonly type: "resumed"; readonly id: number }
  | {
      readonly type: "result";
      readonly id: number;
      readonly output: Uint8Array | string;
      readonly report: HostReport;
    }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure; readonly report: HostReport }
  | { readonly type: "host-call"; readonly id: number; readonly callId: number; readonly call: HostCall };
