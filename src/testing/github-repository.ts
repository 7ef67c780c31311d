import { createHash } from "node:crypto";

export type GithubAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
};

/** One repository of the fixture; issues and pulls grow as they are created. */
export type GithubRepository = {
  readonly id: number;
  /** owner/name */
  readonly name: string;
  readonly oldName?: string;
  readonly isPrivate?: boolean;
  readonly description: string | null;
  readonly language: string | null;
  readonly stars: number;
  /** By their path, on the branch main. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly branches: readonly string[];
  /** Absent: the repository has its issues switched off. */
  readonly issues?: GithubThread[];
  readonly pulls: GithubThread[];
};

export type GithubThread = {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: "open" | "closed";
  readonly html_url: string;
  readonly head?: { readonly ref: string };
  readonly base?: { readonly ref: string };
};

type Fields = Readonly<Record<string, unknown>>;

const maxContentBytes = 1_048_576;

export function showRepository(repository: GithubRepository) {
  const { id, name, description, language, stars, branches } = repository;
  return {
    ...{ id, name: name.split("/")[1], full_name: name, private: repository.isPrivate === true },
    ...{ html_url: `https://github.com/${name}`, description, fork: false, language, archived: false },
    ...{ stargazers_count: stars, forks_count: 9, open_issues_count: repository.issues?.length ?? 0 },
    ...{ license: { key: "mit", name: "MIT License", spdx_id: "MIT" }, topics: ["octocat", "api"] },
    ...{ default_branch: branches[0] ?? "main", score: 1 },
    ...{ created_at: "2011-01-26T19:01:12Z", pushed_at: "2011-01-26T19:06:43Z" },
  };
}

export function findFile(repository: GithubRepository, path: string, ref: string | null): GithubAnswer {
  if (ref !== null && !repository.branches.includes(ref))
    return refuse(404, `No commit found for the ref ${ref}`);
  const content = repository.files[path];
  if (content !== undefined) return { status: 200, body: showFile(path, Buffer.from(content)) };
  const inside = Object.keys(repository.files).filter((each) => each.startsWith(`${path}/`));
  if (inside.length === 0) return refuse(404, "Not Found");
  return { status: 200, body: inside.map((each) => ({ type: "file", path: each, size: 1 })) };
}

/** Base64 in lines of 60, as GitHub has it; above 1 MiB the content is left out. */
function showFile(path: string, content: Buffer) {
  const header = `blob ${content.length}\0`;
  const isLarge = content.length > maxContentBytes;
  return {
    ...{ type: "file", size: content.length, name: path.split("/").at(-1), path },
    encoding: isLarge ? "none" : "base64",
    content: isLarge ? "" : content.toString("base64").replace(/.{60}|.+$/g, "$&\n"),
    sha: createHash("sha1").update(header).update(content).digest("hex"),
  };
}

/** Pages are named in the header link, as GitHub does. */
export function findBranches({ branches, id }: GithubRepository, url: URL): GithubAnswer {
  const perPage = Number(url.searchParams.get("per_page") ?? 30);
  const page = Number(url.searchParams.get("page") ?? 1);
  const shown = branches.slice((page - 1) * perPage, page * perPage).map((name) => ({
    name,
    commit: { sha: createHash("sha1").update(name).digest("hex"), url: `${url.origin}/commit` },
    protected: false,
  }));
  const at = (number: number) =>
    `<${url.origin}/repositories/${id}/branches?per_page=${perPage}&page=${number}>`;
  const last = Math.ceil(branches.length / perPage);
  const link = [
    ...(page > 1 ? [`${at(page - 1)}; rel="prev"`] : []),
    ...(page < last ? [`${at(page + 1)}; rel="next"`, `${at(last)}; rel="last"`] : []),
  ];
  return { status: 200, headers: link.length > 0 ? { link: link.join(", ") } : {}, body: shown };
}

export function makeIssue(repository: GithubRepository, fields: Fields): GithubAnswer {
  if (!repository.issues) return refuse(410, "Issues has been disabled in this repository.");
  const made = makeThread(repository, "issues", fields);
  repository.issues.push(made);
  return { status: 201, body: made };
}

export function makePull(repository: GithubRepository, fields: Fields): GithubAnswer {
  const { head, base } = fields;
  const known = repository.branches;
  if (typeof head !== "string" || !known.includes(head)) return refuseField("head");
  if (typeof base !== "string" || !known.includes(base)) return refuseField("base");
  if (repository.pulls.some((pull) => pull.head?.ref === head && pull.base?.ref === base)) {
    const message = `A pull request already exists for ${repository.name.split("/")[0]}:${head}.`;
    return refuse(422, "Validation Failed", [{ resource: "PullRequest", code: "custom", message }]);
  }
  const made = { ...makeThread(repository, "pull", fields), head: { ref: head }, base: { ref: base } };
  repository.pulls.push(made);
  return { status: 201, body: made };
}

/** Issues and pull requests share their numbers. */
function makeThread(
  { name, issues, pulls }: GithubRepository,
  what: "issues" | "pull",
  { title, body }: Fields,
): GithubThread {
  const number = (issues?.length ?? 0) + pulls.length + 1;
  const html_url = `https://github.com/${name}/${what}/${number}`;
  return { number, title: String(title), body: String(body), state: "open", html_url };
}

function refuseField(field: string): GithubAnswer {
  return refuse(422, "Validation Failed", [{ resource: "PullRequest", field, code: "invalid" }]);
}

export function refuse(status: number, message: string, errors?: readonly unknown[]): GithubAnswer {
  const documentation_url = "https://docs.github.com/rest";
  return { status, body: { message, ...(errors && { errors }), documentation_url, status: String(status) } };
}
