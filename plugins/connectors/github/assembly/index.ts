import { ConnectorInput, ConnectorOutput, failure, runConnector, runHealth } from "hearth-sdk";
import { GitHub } from "./client";
import { createIssue, createPullRequest } from "./create";
import { getFile } from "./file";
import { checkHealth } from "./health";
import { withoutToken } from "./redact";
import { getRepository, listBranches } from "./repository";
import { searchCode, searchRepositories } from "./search";

/** Called with the name of an operation and its arguments, which the host has checked by the schemas in plugin.json. */
export function execute(): i32 {
  return runConnector(answer);
}

/** Asks for the rate limit, which changes nothing and does not count towards it. */
export function health(): i32 {
  return runHealth(checkHealth);
}

function answer(input: ConnectorInput): ConnectorOutput {
  const github = GitHub.connect();
  return withoutToken(run(github, input), github.token);
}

function run(github: GitHub, input: ConnectorInput): ConnectorOutput {
  const args = input.arguments;
  const operation = input.operation;
  if (operation == "search_code") return searchCode(github, args);
  if (operation == "search_repositories") return searchRepositories(github, args);
  if (operation == "get_repository") return getRepository(github, args);
  if (operation == "get_file") return getFile(github, args);
  if (operation == "list_branches") return listBranches(github, args);
  if (operation == "create_issue") return createIssue(github, args);
  if (operation == "create_pr") return createPullRequest(github, args);
  return failure("invalid", "there is no such operation; plugin.json names those that are");
}
