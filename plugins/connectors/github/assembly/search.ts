import { ConnectorOutput, data, failure, Json } from "hearth-sdk";
import { GitHub } from "./client";
import { nullableText, number, pickAll, text, whole } from "./fields";
import { refuseRepository } from "./repository";
import { badAnswer } from "./status";
import { encode, isRepositoryName } from "./text";

const maxMatches = 20;
const maxRepositories = 10;

export function searchCode(github: GitHub, args: Json): ConnectorOutput {
  const repo = args.get("repo").asString();
  let query = args.get("query").asString();
  if (repo != "") {
    if (!isRepositoryName(repo)) return refuseRepository();
    query += " repo:" + repo;
  }
  const answer = github.get("/search/code?q=" + encode(query) + "&per_page=" + maxMatches.toString());
  const failed = answer.failure;
  if (failed) return failed;
  const fields = [
    text("path"),
    text("repo", "repository.full_name"),
    text("url", "html_url"),
    number("score"),
  ];
  const found = pickAll(answer.json.get("items"), fields, maxMatches);
  if (!found) return badAnswer("its answer has no list of matches with path, repository and score");
  if (found.length == 0 && isCutShort(answer.json)) return cutShort();
  return repo != "" && leaves(found, repo) ? refuseQualifiers(repo) : data<Json>(found);
}

export function searchRepositories(github: GitHub, args: Json): ConnectorOutput {
  const query = encode(args.get("query").asString());
  const answer = github.get("/search/repositories?q=" + query + "&per_page=" + maxRepositories.toString());
  const failed = answer.failure;
  if (failed) return failed;
  const fields = [
    text("name", "full_name"),
    nullableText("description"),
    text("url", "html_url"),
    whole("stars", "stargazers_count"),
    nullableText("language"),
  ];
  const found = pickAll(answer.json.get("items"), fields, maxRepositories);
  if (!found) return badAnswer("its answer has no list of repositories with name, address and stars");
  if (found.length == 0 && isCutShort(answer.json)) return cutShort();
  return data<Json>(found);
}

/** GitHub ends searches that take long, and gives what it has by then. */
function isCutShort(json: Json): bool {
  return json.get("incomplete_results").asBool();
}

function cutShort(): ConnectorOutput {
  return failure(
    "unavailable",
    "GitHub's search ran out of time before it found anything; ask for less",
    true,
  );
}

/** A query with qualifiers of its own, such as another repo:, reaches beyond the repository that was asked for. */
function leaves(found: Json, repo: string): bool {
  for (let i = 0; i < found.length; i++) {
    if (found.at(i).get("repo").asString().toLowerCase() != repo.toLowerCase()) return true;
  }
  return false;
}

function refuseQualifiers(repo: string): ConnectorOutput {
  const message = "there were matches outside of " + repo;
  return failure(
    "invalid",
    message + "; leave repo:, org: and user: out of the query, or repo out of the arguments",
  );
}
