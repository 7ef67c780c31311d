import { debate } from "./debate.ts";
import { parallel } from "./parallel.ts";
import { sequential } from "./sequential.ts";
import type { Strategy } from "./strategy.ts";

export const strategyNames = ["sequential", "parallel", "debate"] as const;
export type StrategyName = (typeof strategyNames)[number];

export const strategies: Readonly<Record<StrategyName, Strategy>> = { sequential, parallel, debate };
