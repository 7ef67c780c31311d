import { ConnectorOutput, data, failure, Json } from "hearth-sdk";
import { GitHub } from "./client";
import { flag, nullableText, pick, pickAll, text, texts, whole } from "./fields";
import { badAnswer } from "./status";
import { isRepositoryName } from "./text";

const branchesPerPage = 100;
const maxPages = 10;

export function refuseRepository(): ConnectorOutput {
  return failure("invalid", "repo must be owner/name, of letters, digits, - _ and .");
}

export function getRepository(github: GitHub, args: Json): ConnectorOutput {
  const repo = args.get("repo").asString();
  if (!isRepositoryName(repo)) return refuseRepository();
  const answer = github.get("/repos/" + repo);
  const failed = answer.failure;
  if (failed) return failed;
  const found = pick(answer.json, [
    text("name", "full_name"),
    nullableText("description"),
    text("url", "html_url"),
    flag("private"),
    flag("fork"),
    flag("archived"),
    text("defaultBranch", "default_branch"),
    nullableText("language"),
    nullableText("license", "license.spdx_id"),
    texts("topics"),
    whole("stars", "stargazers_count"),
    whole("forks", "forks_count"),
    whole("openIssues", "open_issues_count"),
    text("createdAt", "created_at"),
    nullableText("pushedAt", "pushed_at"),
  ]);
  return found ? data<Json>(found) : badAnswer("its answer is no repository");
}

export function listBranches(github: GitHub, args: Json): ConnectorOutput {
  const repo = args.get("repo").asString();
  if (!isRepositoryName(repo)) return refuseRepository();
  const branches = Json.array();
  let hasMore = true;
  for (let page = 1; hasMore && page <= maxPages; page++) {
    const range = "?per_page=" + branchesPerPage.toString() + "&page=" + page.toString();
    const answer = github.get("/repos/" + repo + "/branches" + range);
    const failed = answer.failure;
    if (failed) return failed;
    const found = pickAll(answer.json, [text("name"), text("sha", "commit.sha")], branchesPerPage);
    if (!found) return badAnswer("its answer is no list of branches with name and commit");
    for (let i = 0; i < found.length; i++) branches.push(found.at(i));
    hasMore = answer.hasNextPage;
  }
  return data<Json>(Json.object().set("branches", branches).set("isComplete", !hasMore));
}
