import type { Priority } from "../contract/index.ts";
import type { JudgeDeps } from "./deps.ts";

/** On whose behalf models are asked. */
export type JudgeCaller = {
  /** Whose share of the engine calls count against; absent: that of all judges. */
  readonly tenant?: string;
  /** Absent: interactive. Runs of many calls are a batch, which gives way to people who chat. */
  readonly priority?: Priority;
};

/** The same dependencies, whose calls of models are made for that caller. */
export function forCaller<D extends Pick<JudgeDeps, "generate">>(
  deps: D,
  { tenant, priority }: JudgeCaller,
): D {
  if (tenant === undefined && priority === undefined) return deps;
  const changes = { ...(tenant !== undefined && { tenant }), ...(priority && { priority }) };
  return { ...deps, generate: (request, signal) => deps.generate({ ...request, ...changes }, signal) };
}
