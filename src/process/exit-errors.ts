import { AppError } from "../base/index.ts";
import type { HostExit } from "./spawn-host.ts";

/** The error that work in flight ends with when its host is gone. */
export function describeExit(name: string, exit: HostExit): AppError {
  switch (exit.killedFor) {
    case "memory-limit": {
      const message = `${name} passed its memory limit and was ended; raise the limit or lower the context`;
      return new AppError("out_of_memory", message);
    }
    case "unresponsive":
      return new AppError("host_died", `${name} stopped responding and was ended; send the request again`);
    case "requested":
      return describeStop(name);
    case "ready-deadline":
    case undefined:
      return new AppError("host_died", `${name} died (${describeEnd(exit)}); send the request again`);
    default:
      return exit.killedFor satisfies never;
  }
}

/** Why a host never became ready. */
export function describeStartExit(name: string, readyTimeoutMs: number, exit: HostExit): AppError {
  if (exit.killedFor === "ready-deadline") {
    const message = `${name} was not ready after ${readyTimeoutMs} ms and was ended; raise the load timeout or take a smaller model`;
    return new AppError("model_load_failed", message);
  }
  if (exit.killedFor === "unresponsive") {
    const message = `${name} did not come back from reading its chat template and was ended; give another template, or another model`;
    return new AppError("model_load_failed", message);
  }
  if (exit.killedFor !== undefined) return describeExit(name, exit);
  const message = `${name} died while it started (${describeEnd(exit)}); the log holds what it said last`;
  return new AppError("model_load_failed", message);
}

export function describeStop(name: string): AppError {
  return new AppError("shutting_down", `${name} is being stopped`);
}

function describeEnd(exit: HostExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}
