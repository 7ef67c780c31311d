import { createHash } from "node:crypto";
import {
  findBranches,
  findFile,
  type GithubAnswer,
  type GithubRepository,
  makeIssue,
  makePull,
  refuse,
  showRepository,
} from "./github-repository.ts";
import { type FixtureRequest, type HttpFixture, startHttpFixture, writeHttpAnswer } from "./http-fixture.ts";

/*
 * As much of GitHub's REST API (version 2022-11-28) as a connector uses: search, repositories, contents, branches,
 * issues, pull requests and the rate limit, for one token, with what was created kept.
 */

/** What the next requests get instead of an answer: one given, one cut in its middle, or none at all. */
export type GithubMisbehaviour = GithubAnswer | "truncated" | "silent" | undefined;

export type GithubFixture = AsyncDisposable &
  Pick<HttpFixture, "requests" | "port"> & {
    readonly url: string;
    /** Until it is called with undefined. */
    misbehave(how: GithubMisbehaviour): void;
  };

export type GithubFixtureOptions = {
  readonly token: string;
  readonly repositories: readonly GithubRepository[];
};

/** Listens on a free port of 127.0.0.1 until the end of the `await using` scope. */
export async function startGithubFixture(options: GithubFixtureOptions): Promise<GithubFixture> {
  let misbehaviour: GithubMisbehaviour;
  const fixture: HttpFixture = await startHttpFixture(async (request, connection) => {
    if (misbehaviour === "silent") return;
    const asked = toAsked(request, `http://127.0.0.1:${fixture.port}`);
    const answer = typeof misbehaviour === "object" ? misbehaviour : answerAsGithub(asked, options);
    const bytes = toBytes(answer);
    connection.end(misbehaviour === "truncated" ? bytes.subarray(0, bytes.length - 10) : bytes);
  });
  return {
    port: fixture.port,
    requests: fixture.requests,
    url: `http://127.0.0.1:${fixture.port}`,
    misbehave(how) {
      misbehaviour = how;
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

type Asked = {
  readonly method: string;
  readonly url: URL;
  readonly path: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Readonly<Record<string, unknown>>;
};

function toAsked({ method, target, headers, body }: FixtureRequest, origin: string): Asked {
  const url = new URL(target, origin);
  const path = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const json = body === "" ? {} : JSON.parse(Buffer.from(body, "latin1").toString());
  return { method, url, path, headers: new Map(headers), body: json };
}

function toBytes({ status, headers, body }: GithubAnswer): Uint8Array {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body ?? {});
  const type = { "content-type": "application/json; charset=utf-8" };
  return writeHttpAnswer({ status, headers: { ...type, ...headers }, body: text });
}

function answerAsGithub(asked: Asked, options: GithubFixtureOptions): GithubAnswer {
  const authorization = asked.headers.get("authorization");
  const isKnown = authorization === `Bearer ${options.token}`;
  if (authorization !== undefined && !isKnown) return refuse(401, "Bad credentials");
  if (asked.headers.get("accept") !== "application/vnd.github+json")
    return refuse(415, "Unsupported accept header");
  if (asked.headers.get("x-github-api-version") !== "2022-11-28")
    return refuse(400, "Unsupported API version");
  const [first, second] = asked.path;
  if (first === "rate_limit") return showRateLimit(isKnown);
  if (first === "search" && second === "code" && !isKnown) return refuse(401, "Requires authentication");
  if (first === "search") return search(asked, options.repositories);
  const visible = options.repositories.filter((each) => isKnown || each.isPrivate !== true);
  if (first === "repositories") {
    const found = visible.find(({ id }) => String(id) === second);
    return found ? answerForRepository(asked, found, asked.path.slice(2)) : refuse(404, "Not Found");
  }
  if (first !== "repos") return refuse(404, "Not Found");
  return answerForName(asked, visible);
}

function answerForName(asked: Asked, visible: readonly GithubRepository[]): GithubAnswer {
  const name = asked.path.slice(1, 3).join("/").toLowerCase();
  const rest = asked.path.slice(3);
  const found = visible.find((each) => each.name.toLowerCase() === name);
  if (found) return answerForRepository(asked, found, rest);
  const renamed = visible.find((each) => each.oldName?.toLowerCase() === name);
  if (!renamed) return refuse(404, "Not Found");
  const tail = asked.url.pathname.split("/").slice(4);
  const location = `${asked.url.origin}/${["repositories", renamed.id, ...tail].join("/")}${asked.url.search}`;
  const body = { message: "Moved Permanently", url: location };
  return { status: asked.method === "GET" ? 301 : 307, headers: { location }, body };
}

function answerForRepository(asked: Asked, found: GithubRepository, rest: readonly string[]): GithubAnswer {
  const [what, ...path] = rest;
  if (asked.method === "POST" && what === "issues") return makeIssue(found, asked.body);
  if (asked.method === "POST" && what === "pulls") return makePull(found, asked.body);
  if (asked.method !== "GET") return refuse(404, "Not Found");
  if (what === undefined) return { status: 200, body: showRepository(found) };
  if (what === "contents") return findFile(found, path.join("/"), asked.url.searchParams.get("ref"));
  if (what === "branches") return findBranches(found, asked.url);
  if (what === "issues") return { status: 200, body: found.issues };
  if (what === "pulls") return { status: 200, body: found.pulls };
  return refuse(404, "Not Found");
}

/** All words must be in a file, or in a name or description; repo: narrows, and several of them widen, as with GitHub. */
function search({ path: [, what], url }: Asked, repositories: readonly GithubRepository[]): GithubAnswer {
  const terms = (url.searchParams.get("q") ?? "").split(" ").filter((term) => term !== "");
  const repos = terms.filter((term) => term.startsWith("repo:")).map((term) => term.slice(5).toLowerCase());
  const words = terms.filter((term) => !term.startsWith("repo:")).map((term) => term.toLowerCase());
  const hasAll = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const within = repositories.filter(({ name }) => repos.length === 0 || repos.includes(name.toLowerCase()));
  const found =
    what === "code"
      ? within.flatMap((repository) =>
          Object.entries(repository.files)
            .filter(([, content]) => hasAll(Buffer.from(content).toString()))
            .map(([path, content]) => showMatch(repository, path, content)),
        )
      : within.filter((each) => hasAll(`${each.name} ${each.description}`)).map(showRepository);
  // As GitHub: the count is of all, the items are a page.
  const items = found.slice(0, Number(url.searchParams.get("per_page") ?? 30));
  return { status: 200, body: { total_count: found.length, incomplete_results: false, items } };
}

function showMatch(repository: GithubRepository, path: string, content: Uint8Array | string) {
  return {
    name: path.split("/").at(-1),
    path,
    sha: createHash("sha1").update(content).digest("hex"),
    html_url: `https://github.com/${repository.name}/blob/main/${path}`,
    repository: { id: repository.id, full_name: repository.name },
    score: 1,
  };
}

function showRateLimit(isKnown: boolean): GithubAnswer {
  const limit = isKnown ? 5000 : 60;
  const core = { limit, used: 1, remaining: limit - 1, reset: 1_691_591_363 };
  return { status: 200, body: { resources: { core }, rate: core } };
}
