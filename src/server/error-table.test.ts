import { describe, expect, test } from "bun:test";
import { AppError, type ErrorCode, errorTable } from "../base/index.ts";
import { createFakeEngine, createServerRecords } from "../testing/index.ts";
import { createServerApp } from "./app.ts";

const codes = Object.keys(errorTable) as ErrorCode[];
const messages = [{ role: "user", content: "hello" }];

/** A server on which everything fails of the same. */
function createFailingApp(error: AppError) {
  const engine = createFakeEngine({ script: () => [{ fail: error }] });
  const plugins = () => Promise.reject(error);
  const app = createServerApp(createServerRecords({ engine, plugins }).deps);
  const send = (path: string, body: object) =>
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return {
    openAi: () => send("/v1/chat/completions", { model: "fake-model", messages }),
    ollama: () => send("/api/chat", { model: "fake-model", messages, stream: false }),
    plugins: () => app.request("/api/plugins"),
  };
}

describe("every failure has the status of its row in every protocol", () => {
  test.each(codes)("%s", async (code) => {
    const { status } = errorTable[code];
    const app = createFailingApp(new AppError(code, "What happened."));
    const sent = [await app.openAi(), await app.ollama(), await app.plugins()];
    const statusOfOllama = code === "generation_timeout" ? 500 : status;
    expect(sent.map((response) => response.status)).toEqual([status, statusOfOllama, status]);
  });
});

test("a client is told to come back when the failure itself says so, in whole seconds", async () => {
  const details = { retryAfterMs: 6_400 };
  const app = createFailingApp(new AppError("circuit_open", "It rests.", { details }));
  const sent = [await app.openAi(), await app.ollama(), await app.plugins()];
  expect(sent.map(({ headers }) => headers.get("retry-after"))).toEqual(["7", "7", "7"]);
});

test("a limit of what may be spent is a quota to OpenAI's clients, which do not try again", async () => {
  const response = await createFailingApp(new AppError("cost_limit_exceeded", "Spent.")).openAi();
  expect([response.status, response.headers.get("x-should-retry")]).toEqual([429, "false"]);
  expect(JSON.parse(await response.text()).error.code).toBe("insufficient_quota");
});
