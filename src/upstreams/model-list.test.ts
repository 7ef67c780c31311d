import { expect, test } from "bun:test";
import { createModelList } from "./model-list.ts";

const never = new AbortController().signal;

test("a list is asked for once by all who wait, again after a minute, and one that takes long is not waited for", async () => {
  let now = 0;
  let asked = 0;
  let answer = Promise.withResolvers<readonly { readonly name: string }[]>();
  const list = createModelList({
    configured: { known: { inputUsd: 1 } },
    nowMs: () => now,
    list: () => {
      asked += 1;
      return answer.promise;
    },
  });
  expect(await list.models(AbortSignal.abort())).toEqual([{ name: "known", inputUsd: 1 }]);
  const both = Promise.all([list.models(never), list.models(never)]);
  answer.resolve([{ name: "listed" }, { name: "known" }]);
  const [first] = await both;
  expect(first).toEqual([{ name: "known", inputUsd: 1 }, { name: "listed" }]);
  expect(list.describe("listed")).toEqual({ name: "listed" });
  now = 59_999;
  await list.models(never);
  expect(asked).toBe(1);
  now = 60_000;
  answer = Promise.withResolvers();
  answer.reject(new Error("gone"));
  expect(await list.models(never)).toEqual(first);
  expect(asked).toBe(2);
  expect(list.lastError).toBe("gone");
});
