/** How a host loads its model. Absent values are chosen from the model and the machine. */
export type LoadOptions = {
  /** Folder of the shim and the llama.cpp libraries. */
  readonly libraryDir: string;
  readonly modelPath: string;
  /** Most tokens one sequence may hold; clamped to what the model was trained for. */
  readonly contextTokens?: number;
  /** Sequences decoded side by side. */
  readonly parallel: number;
  /** Cells of the shared KV cache. */
  readonly kvTokens?: number;
  readonly kvType: "f16" | "q8_0" | "f32";
  readonly threads?: number;
  /** Layers to put on a GPU; −1 means all that fit. */
  readonly gpuLayers: number;
  /** Host RAM that parked prefixes may take. */
  readonly prefixCacheBytes: number;
  readonly chatTemplate?: string;
  /** Folder for what is learnt about this machine, such as step costs; absent: nothing is kept. */
  readonly stateDir?: string;
};
