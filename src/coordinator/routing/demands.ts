import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { Target } from "./target.ts";

type Wishes = Pick<GenerateRequest, "privacy" | "routing">;

/** Whether anything of the request may go to another machine. */
export function mayLeave({ privacy, routing }: Wishes): boolean {
  return privacy !== "local" && routing !== "local";
}

/** Refuses a named model that is not where the request wants to be answered. Throws AppError. */
export function checkNamed(wishes: Wishes, target: Target): void {
  if (target.kind === "remote" && !mayLeave(wishes)) {
    const what = wishes.privacy === "local" ? "privacy is local" : "route is local";
    throw new AppError(
      "forbidden",
      `the request must not leave this machine (its ${what}), and ${target.name} is elsewhere; name a model of this machine`,
      { details: { param: "model" } },
    );
  }
  if (target.kind === "local" && wishes.routing === "remote") {
    throw new AppError(
      "invalid_request",
      `hearth.route: it demands a remote answer, and ${target.name} is a model of this machine; name MODEL@UPSTREAM or auto`,
      { details: { param: "hearth.route" } },
    );
  }
}
