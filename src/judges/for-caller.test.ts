import { expect, test } from "bun:test";
import type { GenerateRequest } from "../contract/index.ts";
import { createChatRequest } from "../testing/index.ts";
import type { JudgeDeps } from "./deps.ts";
import { forCaller } from "./for-caller.ts";

test("what a private request is judged by stays private, models and plugins alike", async () => {
  const asked: (GenerateRequest | object | undefined)[] = [];
  const given: Pick<JudgeDeps, "generate" | "plugins"> = {
    async *generate(request: GenerateRequest) {
      asked.push(request);
      yield { type: "started", promptTokens: 1 };
    },
    plugins: async () => ({
      get: () => Promise.reject(new Error("nobody asks")),
      judge: (_name, _input, scope) => {
        asked.push(scope);
        return Promise.reject(new Error("nobody answers"));
      },
    }),
  };
  const deps = forCaller(given, { tenant: "a", privacy: "local" });
  const { signal } = new AbortController();
  for await (const _ of deps.generate(createChatRequest("Hello"), signal));
  await expect((await deps.plugins()).judge("any", { response: "" }, { depth: 1 })).rejects.toThrow("nobody");
  expect(asked[0]).toMatchObject({ tenant: "a", privacy: "local" });
  expect(asked[1]).toEqual({ depth: 1, privacy: "local" });
});
