import type { AdapterUse } from "../../contract/index.ts";
import type { ContextFacts } from "./backend.ts";

/** Sizes of a model's contexts, planned by the server from the header and what memory it grants. */
export type ContextPlan = Omit<ContextFacts, "threads">;

/** How a host loads its model. The server planned it; what is absent is chosen from the model and the machine. */
export type LoadOptions = {
  /** Folder of the shim and the llama.cpp libraries. */
  readonly libraryDir: string;
  readonly modelPath: string;
  /** What the contexts are made with, as it stands: a host does not plan. */
  readonly context: ContextPlan;
  /** Sequences decoded side by side. */
  readonly parallel: number;
  readonly kvType: "f16" | "q8_0" | "f32";
  readonly threads?: number;
  /** Layers to put on a GPU; −1 means all that fit. */
  readonly gpuLayers: number;
  /** What the server expects to fit on the GPU; tried first, fewer follow where it does not. */
  readonly firstGpuLayers?: number;
  /** Layers of the model as its header has them; spares attempts that differ in nothing. */
  readonly layers?: number;
  /** LoRA adapters that requests may use; each is loaded when the first request wants it. Paths were checked. */
  readonly adapters?: readonly { readonly name: string; readonly path: string }[];
  /** In effect where a request names none. */
  readonly defaultAdapters?: readonly AdapterUse[];
  /** Host RAM that parked prefixes may take. */
  readonly prefixCacheBytes: number;
  readonly chatTemplate?: string;
  /** Folder for what is learnt about this machine, such as step costs; absent: nothing is kept. */
  readonly stateDir?: string;
};
