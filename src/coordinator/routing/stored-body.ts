import type { JsonObject } from "../../contract/index.ts";
import type { StoredRoute } from "./receipt-store.ts";
import type { Replay } from "./replay.ts";

/** A stored receipt as clients read it. */
export function toStoredBody({ id, createdAtMs, body }: StoredRoute): JsonObject {
  return { id, object: "route", created_at: new Date(createdAtMs).toISOString(), ...body };
}

export function toReplayBody({ id, policy, input, before, after, isChanged }: Replay): JsonObject {
  return { id, object: "route.replay", policy, changed: isChanged, input, before, after };
}
