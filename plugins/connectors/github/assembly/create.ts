import { ConnectorOutput, data, Json } from "hearth-sdk";
import { GitHub } from "./client";
import { pick, text, whole } from "./fields";
import { refuseRepository } from "./repository";
import { badAnswer } from "./status";
import { isRepositoryName } from "./text";

export function createIssue(github: GitHub, args: Json): ConnectorOutput {
  return create(github, args.get("repo").asString(), "issues", describe(args));
}

export function createPullRequest(github: GitHub, args: Json): ConnectorOutput {
  const body = describe(args)
    .set("head", args.get("head").asString())
    .set("base", args.get("base").asString("main"));
  return create(github, args.get("repo").asString(), "pulls", body);
}

function describe(args: Json): Json {
  return Json.object().set("title", args.get("title").asString()).set("body", args.get("body").asString());
}

/**
 * Sent once and never again: a second try could make a second one. A repository that was renamed is answered with a
 * redirect, which turns a POST into a GET; the status of that is not 201 and therefore no success.
 */
function create(github: GitHub, repo: string, what: string, body: Json): ConnectorOutput {
  if (!isRepositoryName(repo)) return refuseRepository();
  const answer = github.post("/repos/" + repo + "/" + what, body);
  const failed = answer.failure;
  if (failed) return failed;
  const made = pick(answer.json, [whole("number"), text("url", "html_url"), text("state")]);
  return made
    ? data<Json>(made)
    : badAnswer("it may have been made: the answer lacks number, address or state");
}
