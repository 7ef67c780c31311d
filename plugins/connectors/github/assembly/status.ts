import { ConnectorOutput, failure, Json } from "hearth-sdk";
import { line } from "./text";

const maxMessageUnits = 300;
const maxErrors = 5;

/** GitHub answered with something that is not what its documentation says. */
export function badAnswer(what: string): ConnectorOutput {
  return failure("bad_answer", "GitHub was asked, but " + what);
}

/** The failure that a status means; `json` is the body, or null where it is none. */
export function toFailure(status: i32, headers: Json, json: Json): ConnectorOutput {
  const said = "GitHub answered " + status.toString() + describe(json);
  if (isRateLimit(status, headers, json)) return failure("rate_limited", said + retryAt(headers), true);
  if (status == 401) return failure("unauthorized", said + "; check the config key token");
  if (status == 403 || status == 451) return failure("forbidden", said);
  if (status == 404 || status == 410) {
    return failure("not_found", said + "; check the names, and that the token may see them");
  }
  if (status == 409) return failure("conflict", said);
  if (status == 400 || status == 422) return failure("invalid", said);
  if (status == 408 || status >= 500) return failure("unavailable", said, true);
  if (status < 300) {
    return failure(
      "bad_answer",
      said + ", as if for something else; a repository that was renamed has a new name",
    );
  }
  return failure("bad_answer", said);
}

/** GitHub uses 403 for both its limits and a lack of rights; only headers and text tell them apart. */
function isRateLimit(status: i32, headers: Json, json: Json): bool {
  if (status == 429) return true;
  if (status != 403) return false;
  if (headers.has("retry-after") || headers.get("x-ratelimit-remaining").asString() == "0") return true;
  return json.get("message").asString().toLowerCase().includes("rate limit");
}

function retryAt(headers: Json): string {
  const seconds = headers.get("retry-after").asString();
  if (isCount(seconds)) return "; try again in " + seconds + " s";
  const reset = headers.get("x-ratelimit-reset").asString();
  if (!isCount(reset)) return "; try again later";
  return "; try again after " + new Date(I64.parseInt(reset) * 1000).toISOString();
}

/** Ten digits reach to the year 2286. */
function isCount(text: string): bool {
  if (text.length == 0 || text.length > 10) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x30 || unit > 0x39) return false;
  }
  return true;
}

/** GitHub's own words: the message, and what it says of single fields. */
function describe(json: Json): string {
  let text = json.get("message").asString();
  const errors = json.get("errors");
  for (let i = 0; i < errors.length && i < maxErrors; i++) {
    const error = errors.at(i);
    const code = error.get("field").asString() + " " + error.get("code").asString();
    const said = error.isString ? error.asString() : error.get("message").asString(code);
    if (said != "") text += ", " + said;
  }
  return text == "" ? "" : ": " + line(text, maxMessageUnits);
}
