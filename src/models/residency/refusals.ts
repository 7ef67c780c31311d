import { AppError } from "../../base/index.ts";
import type { Limits, Room } from "./demand.ts";
import type { Totals } from "./eviction-plan.ts";

const bytesPerMib = 2 ** 20;

/** Why a model can never be loaded: what it needs, and what there is at most. */
export function describeTooLarge(id: string, needed: Room, pinned: Totals, limits: Limits): AppError {
  if (pinned.models >= limits.maxModels) {
    return new AppError(
      "model_too_large",
      `${id} cannot be loaded: at most ${limits.maxModels} models are loaded at once and ${pinned.models} are pinned; unpin one or allow more models`,
      { details: { model: id, needed: pinned.models + 1, available: limits.maxModels, of: "models" } },
    );
  }
  const isHost = pinned.bytes + needed.bytes > limits.budgetBytes;
  const what = isHost ? "memory" : "GPU memory";
  const neededBytes = isHost ? needed.bytes : needed.deviceBytes;
  const availableBytes = Math.max(
    0,
    isHost ? limits.budgetBytes - pinned.bytes : limits.deviceBudgetBytes - pinned.deviceBytes,
  );
  const beside = pinned.models > 0 ? " beside the pinned models" : "";
  return new AppError(
    "model_too_large",
    `${id} needs ${formatMib(neededBytes)} of ${what} and there is room for ${formatMib(availableBytes)}${beside}; ask for a shorter context, choose a smaller model or quantisation, or allow more ${what}`,
    { details: { model: id, neededBytes, availableBytes, of: what } },
  );
}

export function describeFull(id: string, waiting: number): AppError {
  return new AppError(
    "queue_full",
    `${waiting} requests wait for models to be loaded, so the one for ${id} was refused; try again in a moment`,
    { details: { model: id, waiting } },
  );
}

export function describeStopping(id: string): AppError {
  return new AppError(
    "shutting_down",
    `the server is stopping, so ${id} is not loaded; try again in a moment`,
    {
      details: { model: id },
    },
  );
}

function formatMib(bytes: number): string {
  const mib = bytes / bytesPerMib;
  return `${mib >= 100 ? Math.ceil(mib) : Math.ceil(mib * 10) / 10} MiB`;
}
