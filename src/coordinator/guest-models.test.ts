import { expect, test } from "bun:test";
import type { EmbedRequest } from "../contract/index.ts";
import { createFakeEngine } from "../testing/index.ts";
import { createGuestModels } from "./guest-models.ts";

test("what a plugin wants embedded stays on this machine, whichever model it names", async () => {
  const engine = createFakeEngine();
  const asked: EmbedRequest[] = [];
  const models = createGuestModels({
    generate: () => {
      throw new Error("this plugin only embeds");
    },
    engine: {
      find: engine.find,
      embed(request, signal) {
        asked.push(request);
        return engine.embed(request, signal);
      },
    },
    defaultModel: undefined,
  });
  const caller = { plugin: "looks", depth: 1 };
  await models.embed({ model: "fake-model", texts: ["secret"] }, caller, new AbortController().signal);
  expect(asked).toMatchObject([{ privacy: "local", tenant: "plugin-looks" }]);
});
