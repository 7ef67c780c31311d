import { describe, expect, test } from "bun:test";
import { createReceiptStore, type StoredRoute } from "./receipt-store.ts";
import type { RouteBody } from "./route-body.ts";
import { ask, openRouting, take } from "./routing.fixture.ts";

const remote = () => ({ route: "remote", rule: "mine", reason: "it is hard" }) as const;

describe("the receipt of an answer", () => {
  test("is kept under the answer's id with all that led to it, and without a word of it", async () => {
    await using routing = openRouting({ policy: remote, settings: { interactions: "hash" } });
    await take(routing, ask());
    const { body, tenant } = await routing.routes.explain("r1");
    expect(tenant).toBe("test");
    expect(body).toMatchObject({
      ...{ asked: "auto", answered_by: "big@work", kind: "remote", rule: "mine", reason: "it is hard" },
      ...{ outcome: "finished", policy: "route-by-complexity", cache: { outcome: "off" } },
      attempts: [{ model: "big@work", outcome: "answered" }],
      decision: { input: { label: "any", hasRemote: true }, output: { route: "remote", rule: "mine" } },
    });
    const stored = JSON.stringify(body);
    expect(stored).not.toContain("hearth?");
    expect(stored).toContain(new Bun.CryptoHasher("sha256").update("What is a hearth?").digest("hex"));
  });

  test("holds the question only where questions are kept whole, and no trace of it where they are not kept", async () => {
    await using full = openRouting({ policy: remote, settings: { interactions: "full" } });
    await take(full, ask());
    expect((await full.routes.explain("r1")).body.decision?.input).toMatchObject({
      prompt: "What is a hearth?",
    });
    await using off = openRouting({ policy: remote, settings: { interactions: "off" } });
    await take(off, ask());
    const { body } = await off.routes.explain("r1");
    expect(Object.keys(body.decision?.input ?? {})).not.toContain("promptSha256");
  });

  test("is nobody else's", async () => {
    await using routing = openRouting();
    await take(routing, ask({ model: "small", tenant: "key-1" }));
    expect((await routing.routes.explain("r1", "key-1")).id).toBe("r1");
    await expect(routing.routes.explain("r1", "key-2")).rejects.toMatchObject({ code: "not_found" });
    expect(await routing.routes.list({ tenant: "key-2", limit: 10 })).toEqual([]);
  });

  test("of what Hearth asks on its own is not kept", async () => {
    await using routing = openRouting();
    await take(routing, ask({ model: "small", isInteraction: false }));
    await expect(routing.routes.explain("r1")).rejects.toMatchObject({ code: "not_found" });
  });

  test("is listed, the newest first, a page after the other, by kind and rule", async () => {
    await using routing = openRouting();
    for (const [id, model] of [
      ["a", "small"],
      ["b", "big@work"],
      ["c", "small"],
    ] as const)
      await take(routing, ask({ id, model }));
    const ids = async (filter: object) =>
      (await routing.routes.list({ limit: 10, ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual(["c", "b", "a"]);
    expect(await ids({ limit: 1, after: "c" })).toEqual(["b"]);
    expect(await ids({ kind: "remote" })).toEqual(["b"]);
    expect(await ids({ rule: "fallback" })).toEqual([]);
    expect(await routing.routes.stats(0)).toMatchObject({ local: 2, remote: 1, cache: 0, fallbacks: 0 });
    expect(await routing.routes.stats(1_000_001)).toMatchObject({ local: 0 });
  });

  test("leaves when there are too many, the oldest first", async () => {
    await using routing = openRouting();
    const store = createReceiptStore(routing.deps, { maxRows: 5 });
    const body = { kind: "local", rule: "named" } as unknown as RouteBody;
    const toRoute = (index: number): StoredRoute => ({
      ...{ id: `r${index}`, tenant: "local", createdAtMs: 1_000 - index, body },
    });
    await store.add([0, 1, 2, 3].map(toRoute));
    await store.add([4, 5, 6, 7].map(toRoute));
    const kept = (await store.list({ limit: 10 })).map(({ id }) => id);
    expect(kept).toEqual(["r7", "r6", "r5", "r4", "r3"]);
  });

  test("costs no answer where it cannot be written", async () => {
    await using routing = openRouting();
    const { deps } = routing;
    Object.assign(deps, { database: () => Promise.reject(new Error("the disk is full")) });
    expect((await take(routing, ask({ model: "small" }))).text).toBe("hi");
  });
});

describe("replay", () => {
  test("tells what another policy would have said", async () => {
    await using routing = openRouting({
      policy: ({ prompt }) => ({
        route: prompt === "What is a hearth?" ? "remote" : "local",
        rule: "by word",
      }),
      settings: { interactions: "full" },
    });
    await take(routing, ask());
    const replayed = await routing.routes.replay("r1", { policy: "other" }, new AbortController().signal);
    expect(replayed).toMatchObject({
      ...{ id: "r1", policy: "other", isChanged: false },
      ...{ before: { route: "remote" }, after: { route: "remote", rule: "by word" } },
    });
  });

  test("needs the question where it was not kept, and takes no other", async () => {
    await using routing = openRouting({ policy: remote, settings: { interactions: "hash" } });
    await take(routing, ask());
    const replay = (prompt?: string) =>
      routing.routes.replay(
        "r1",
        { policy: "other", ...(prompt !== undefined && { prompt }) },
        new AbortController().signal,
      );
    await expect(replay()).rejects.toMatchObject({ code: "conflict", details: { param: "prompt" } });
    await expect(replay("Another?")).rejects.toMatchObject({ code: "invalid_request" });
    expect((await replay("What is a hearth?")).after).toMatchObject({ route: "remote" });
  });

  test("has nothing to say where no policy decided", async () => {
    await using routing = openRouting();
    await take(routing, ask({ model: "small" }));
    const replaying = routing.routes.replay("r1", { policy: "other" }, new AbortController().signal);
    await expect(replaying).rejects.toMatchObject({ code: "conflict" });
  });
});
