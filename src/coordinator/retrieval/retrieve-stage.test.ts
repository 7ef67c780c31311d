import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { Collection, Hit, SearchQuery, SearchResult } from "../../knowledge/index.ts";
import { createChatRequest, createFakeEngine } from "../../testing/index.ts";
import { type RetrieveDeps, retrieveOrTell } from "./retrieve-stage.ts";

const never = new AbortController().signal;

function hit(source: string, text: string, score = 0.8): Hit {
  return {
    ...{ chunkId: `${source}#1`, documentId: source, collection: "notes", source, startLine: 1, endLine: 2 },
    ...{ text, attributes: {}, score },
  };
}

type Found = Partial<SearchResult> & { readonly label?: "local" };

function createDeps({ label, ...found }: Found, contextTokens = 2048) {
  const queries: SearchQuery[] = [];
  const deps: RetrieveDeps = {
    engine: createFakeEngine({ contextTokens }),
    knowledge: async () => ({
      collections: {
        async get(name: string) {
          if (name !== "notes") throw new AppError("not_found", `there is no collection "${name}"`);
          return { name, label: label ?? "any" } as Collection;
        },
      } as Awaited<ReturnType<RetrieveDeps["knowledge"]>>["collections"],
      async search(query) {
        queries.push(query);
        return { hits: [], mode: "words", ...found };
      },
    }),
  };
  return { deps, queries };
}

function ask(question: string, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  const retrieval = { collections: ["notes"] };
  return createChatRequest(question, { model: "fake-model", retrieval, ...changes });
}

function lastOf({ input }: GenerateRequest): string {
  return input.type === "chat" ? (input.messages.at(-1)?.content ?? "") : "";
}

test("what was found stands before the question with its place, and is cited in the same order", async () => {
  const hits = [hit("a.md", "The port is 8125.", 0.7), hit("b.md", "The owner is Dana.", 0.9)];
  const { deps, queries } = createDeps({ hits, mode: "hybrid" });
  const { request, context, contextScore } = await retrieveOrTell(deps, ask("Who owns it?"), never);
  expect(lastOf(request)).toBe(
    "Context:\n[1] a.md:1-2\nThe port is 8125.\n[2] b.md:1-2\nThe owner is Dana.\n\nQuestion: Who owns it?",
  );
  expect(context?.citations.map(({ index, source }) => [index, source])).toEqual([
    [1, "a.md"],
    [2, "b.md"],
  ]);
  expect(contextScore).toBe(0.9);
  expect(queries).toEqual([
    { collections: ["notes"], text: "Who owns it?", maxResults: 5, minScore: 0.1, tenant: ask("").tenant },
  ]);
  const anything = ask("Who owns it?", { retrieval: { collections: ["notes"], minScore: 0 } });
  await retrieveOrTell(deps, anything, never);
  expect(queries.at(-1)).toMatchObject({ minScore: 0 });
});

test("an uploaded file is named to the model and cited by its name, with its id", async () => {
  const file = hit("files/file-4f64", "The owner is Dana.");
  const named = { ...file, attributes: { file_id: "file-4f64", filename: "owners.md" } };
  const misused = { ...hit("b.md", "The port is 8125."), attributes: { filename: 7 } };
  const { deps } = createDeps({ hits: [named, misused] });
  const { request, context } = await retrieveOrTell(deps, ask("Who owns it?"), never);
  expect(lastOf(request)).toContain("[1] owners.md:1-2\nThe owner is Dana.\n[2] b.md:1-2\n");
  expect(context?.citations.map(({ fileId, filename }) => [fileId, filename])).toEqual([
    ["file-4f64", "owners.md"],
    [undefined, undefined],
  ]);
});

test("earlier turns stay as they are, and a plain prompt is looked up as a whole", async () => {
  const { deps } = createDeps({ hits: [hit("a.md", "Text.")] });
  const turns = [
    { role: "user" as const, content: "Hello" },
    { role: "assistant" as const, content: "Hi" },
    { role: "user" as const, content: "Who?" },
  ];
  const chat = ask("");
  if (chat.input.type !== "chat") throw new Error("expected a chat");
  const several = { ...chat, input: { ...chat.input, messages: turns } };
  const { request } = await retrieveOrTell(deps, several, never);
  expect(request.input.type === "chat" && request.input.messages.slice(0, 2)).toEqual(turns.slice(0, 2));
  const plain = await retrieveOrTell(deps, { ...chat, input: { type: "text", text: "Who?" } }, never);
  expect(plain.request.input).toEqual({
    type: "text",
    text: "Context:\n[1] a.md:1-2\nText.\n\nQuestion: Who?",
  });
});

test("a collection labelled local keeps the request on this machine, before anything is searched", async () => {
  const { deps, queries } = createDeps({ label: "local", hits: [] });
  const { request } = await retrieveOrTell(deps, ask("Who?"), never);
  expect(request.privacy).toBe("local");
  expect(queries[0]).toMatchObject({ privacy: "local" });
});

test("nothing found leaves the question as it is, and the reason is told", async () => {
  const { deps } = createDeps({ reason: "notes is empty" });
  const { request, context, contextScore } = await retrieveOrTell(deps, ask("Who?"), never);
  expect(lastOf(request)).toBe("Who?");
  expect(context).toMatchObject({ citations: [], reason: "notes is empty" });
  expect(contextScore).toBeUndefined();
});

test("what the descriptions of tools take is not given to texts", async () => {
  const hits = [hit("a.md", "a ".repeat(100))];
  const { deps } = createDeps({ hits }, 1_024);
  const chat = ask("Who?", { maxTokens: 50 });
  if (chat.input.type !== "chat") throw new Error("a chat was made");
  const tools = [{ name: "look_up", description: "b ".repeat(400), parameters: {} }];
  const { context } = await retrieveOrTell(deps, { ...chat, input: { ...chat.input, tools } }, never);
  expect(context?.citations).toEqual([]);
  expect((await retrieveOrTell(deps, chat, never)).context?.citations.length).toBe(1);
});

test("texts that do not fit the model's context are left out whole, and how many is told", async () => {
  const hits = [hit("a.md", "a ".repeat(20)), hit("b.md", "b ".repeat(5_000)), hit("c.md", "c ".repeat(20))];
  const { deps } = createDeps({ hits }, 1_024);
  const { context } = await retrieveOrTell(deps, ask("Who?", { maxTokens: 50 }), never);
  expect(context?.citations.map(({ source }) => source)).toEqual(["a.md", "c.md"]);
  expect(context?.reason).toContain("2 of 3 texts fit the model's context of 1024 tokens");
});

test("judges hold the answer against what was found, unless the client gave them other texts", async () => {
  const { deps } = createDeps({ hits: [hit("a.md", "Text.")] });
  const judging = { trajectory: false };
  const own = { trajectory: false, context: ["mine"] };
  expect((await retrieveOrTell(deps, ask("Who?", { judging }), never)).request.judging?.context).toEqual([
    "Text.",
  ]);
  expect((await retrieveOrTell(deps, ask("Who?", { judging: own }), never)).request.judging).toEqual(own);
});

test("a collection that is not there is an error, and a fault of the database costs the context alone", async () => {
  const { deps } = createDeps({});
  const other = ask("Who?", { retrieval: { collections: ["nowhere"] } });
  await expect(retrieveOrTell(deps, other, never)).rejects.toThrow('no collection "nowhere"');
  for (const code of ["server_error", "database_damaged"] as const) {
    const fault = new AppError(code, "/home/x/hearth.db is damaged", {
      details: { database: "/home/x/hearth.db" },
    });
    const broken = { ...deps, knowledge: () => Promise.reject(fault) };
    const { request, context } = await retrieveOrTell(broken, ask("Who?"), never);
    expect([lastOf(request), request.privacy]).toEqual(["Who?", "local"]);
    expect(context).toMatchObject({ citations: [], reason: expect.stringMatching(/^hearth.db is damaged/) });
  }
});
