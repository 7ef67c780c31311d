import { HealthOutput, healthy, Json, unhealthy } from "hearth-sdk";
import { Answer, GitHub } from "./client";
import { redact } from "./redact";

export function checkHealth(): HealthOutput {
  const github = GitHub.connect();
  const answer = github.get("/rate_limit");
  const failed = answer.failure;
  if (!failed) return describe(answer.json.get("resources").get("core"));
  // A server of GitHub Enterprise whose limits are switched off.
  if (hasNoLimits(answer)) return healthy("GitHub answers; it has no rate limit");
  const error = failed.error;
  return unhealthy(error ? redact(Json.string(error.message), github.token).asString() : "");
}

function describe(core: Json): HealthOutput {
  if (!core.get("remaining").isNumber || !core.get("limit").isNumber) {
    return unhealthy("GitHub was asked, but its answer is no rate limit");
  }
  const remaining = core.get("remaining").asInteger();
  const left =
    remaining.toString() + " of " + core.get("limit").asInteger().toString() + " requests are left";
  return remaining > 0 ? healthy("GitHub answers; " + left) : unhealthy(left + " in this hour");
}

function hasNoLimits(answer: Answer): bool {
  return answer.json.get("message").asString().startsWith("Rate limiting is not enabled");
}
