import type { Priority } from "../contract/index.ts";
import type { JudgeDeps } from "./deps.ts";

/** On whose behalf models are asked. */
export type JudgeCaller = {
  /** Whose share of the engine calls count against; absent: that of all judges. */
  readonly tenant?: string;
  /** Absent: interactive. Runs of many calls are a batch, which gives way to people who chat. */
  readonly priority?: Priority;
  /** `local`: nothing of what is judged leaves this machine, neither to a model nor through a plugin. */
  readonly privacy?: "local";
};

/** The same dependencies, whose calls of models and plugins are made for that caller. */
export function forCaller<D extends Pick<JudgeDeps, "generate" | "plugins">>(
  deps: D,
  { tenant, priority, privacy }: JudgeCaller,
): D {
  if (tenant === undefined && priority === undefined && privacy === undefined) return deps;
  const changes = {
    ...(tenant !== undefined && { tenant }),
    ...(priority && { priority }),
    ...(privacy && { privacy }),
  };
  return {
    ...deps,
    generate: (request, signal) => deps.generate({ ...request, ...changes }, signal),
    ...(privacy && { plugins: async () => keepLocal(await deps.plugins()) }),
  };
}

type JudgePlugins = Awaited<ReturnType<JudgeDeps["plugins"]>>;

function keepLocal(plugins: JudgePlugins): JudgePlugins {
  return {
    get: (...asked) => plugins.get(...asked),
    judge: (name, input, scope) => plugins.judge(name, input, { ...scope, privacy: "local" }),
  };
}
