import { afterAll, describe, expect, test } from "bun:test";
import { openPlugins } from "../../app/index.ts";
import { AppError } from "../../base/index.ts";
import { loadConfig } from "../../config/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { autoModel, withAuto } from "./auto-model.ts";
import type { RoutedRequest } from "./router.ts";
import { ask, openRouting, type RoutingOptions, take } from "./routing.fixture.ts";

const folder = createTemporaryFolder();
const real = await openPlugins(await loadConfig({ flags: { home: folder.path }, environment: {} }));
afterAll(async () => {
  await real.close();
  folder[Symbol.dispose]();
});
const plugins = async () => real;

function asking(content: string, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  const request = ask(changes);
  return request.input.type === "chat"
    ? { ...request, input: { ...request.input, messages: [{ role: "user", content }] } }
    : request;
}

type Case = {
  readonly rule: string;
  readonly answeredBy: "small" | "big@work";
  readonly request?: GenerateRequest;
  readonly rest?: Omit<RoutedRequest, "request">;
  readonly options?: RoutingOptions;
};

const simple = asking("List three colours.");
const design = "Design the architecture of a queue.";
const full = { running: 4, waiting: 16, kvUsedTokens: 0, kvTotalTokens: 1, prefixCacheBytes: 0 };
const refusal = () => new AppError("invalid_request", "grammar: the protocol has no word for it");

const cases: readonly Case[] = [
  { rule: "default", answeredBy: "small" },
  { rule: "privacy", answeredBy: "small", request: asking(design, { privacy: "local" }) },
  { rule: "label", answeredBy: "small", request: asking(design, { routing: "local" }) },
  { rule: "label", answeredBy: "big@work", request: asking("List three colours.", { routing: "remote" }) },
  {
    ...{ rule: "no-remote", answeredBy: "small", request: asking(design, { routing: "remote" }) },
    options: { upstreams: "none", settings: { routeLocal: "small" } },
  },
  {
    ...{ rule: "budget-spent", answeredBy: "small", request: asking(design) },
    options: { settings: { maxUsdPerHour: 0 }, prices: { inputUsd: 1, outputUsd: 1 } },
  },
  {
    ...{ rule: "budget", answeredBy: "small", request: asking(design) },
    options: { settings: { maxUsdPerHour: 5 } },
  },
  {
    ...{ rule: "remote-unavailable", answeredBy: "small", request: asking(design) },
    options: { health: "open" },
  },
  {
    ...{ rule: "remote-unable", answeredBy: "small", request: asking(design) },
    options: { refusal },
  },
  { rule: "input-size", answeredBy: "big@work", request: asking("x".repeat(1_801)) },
  { rule: "default", answeredBy: "small", request: asking("x".repeat(1_800)) },
  { rule: "output-size", answeredBy: "big@work", request: asking("List three colours.", { maxTokens: 801 }) },
  { rule: "default", answeredBy: "small", request: asking("List three colours.", { maxTokens: 800 }) },
  { rule: "design", answeredBy: "big@work", request: asking(design) },
  { rule: "context", answeredBy: "small", rest: { contextScore: 0.9 } },
];

describe("auto", () => {
  test.each(cases)("is decided by the rule $rule alone, for $answeredBy", async (each) => {
    await using routing = openRouting({ plugins, ...each.options });
    const { route, answeredBy, text } = await take(routing, each.request ?? simple, each.rest);
    expect({ rule: route?.rule, answeredBy }).toEqual({ rule: each.rule, answeredBy: each.answeredBy });
    expect(route?.asked).toBe("auto");
    expect(text).toBe("hi");
    expect(routing.asked()).toEqual([each.answeredBy]);
  });

  test("goes elsewhere where every place here is taken", async () => {
    await using routing = openRouting({ plugins });
    const counts = { prefixCacheEntries: 0, restarts: 0, hostMemoryBytes: 0, isCircuitOpen: false };
    routing.engine.stats = () => ({ ...full, ...counts });
    expect((await take(routing, simple)).route).toMatchObject({ rule: "load", kind: "remote" });
  });

  test("counts by the tokenizer where the model is loaded, by characters where it is not", async () => {
    const request = asking("x".repeat(2_000));
    await using loaded = openRouting({ plugins });
    expect((await take(loaded, request)).route).toMatchObject({ rule: "input-size" });
    await using cold = openRouting({ plugins, isLoaded: false });
    expect((await take(cold, request)).route).toMatchObject({
      rule: "default",
      decision: { input: { inputTokens: 500 } },
    });
  });

  test("decides by what the client asked and not by the texts that were put before it", async () => {
    await using routing = openRouting({ plugins });
    const informed = asking(`Context: ${design}\n\nQuestion: List three colours.`);
    const { route } = await take(routing, informed, { asked: simple.input });
    expect(route?.rule).toBe("default");
  });

  test("stays here where the policy fails, and says so", async () => {
    await using routing = openRouting({ policy: "broken" });
    const { route } = await take(routing, asking(design));
    expect(route).toMatchObject({
      ...{ kind: "local", rule: "policy-failed", policy: "route-by-complexity" },
      reason: "route-by-complexity: there is no such plugin",
    });
    expect(routing.logs).toContain("route_policy_failed");
  });

  test("goes where the request demands it, whatever the policy says", async () => {
    await using homely = openRouting({ policy: () => ({ route: "local" }) });
    const far = await take(homely, ask({ routing: "remote" }));
    expect([far.route?.rule, far.answeredBy]).toEqual(["label", "big@work"]);
    await using outgoing = openRouting({ policy: () => ({ route: "remote" }) });
    const near = await take(outgoing, ask({ routing: "local" }));
    expect([near.route?.rule, near.answeredBy]).toEqual(["label", "small"]);
  });

  test("stays here with nothing left to spend, whatever the policy says", async () => {
    await using routing = openRouting({
      ...{ policy: () => ({ route: "remote" }), settings: { maxUsdPerHour: 0 } },
      prices: { inputUsd: 0, outputUsd: 0 },
    });
    const { route, answeredBy } = await take(routing, ask());
    expect([route?.rule, answeredBy]).toEqual(["budget", "small"]);
  });

  test("does not show a policy what must stay here", async () => {
    await using routing = openRouting({
      policy: () => {
        throw new Error("it was shown");
      },
    });
    const { route } = await take(routing, asking(design, { privacy: "local" }));
    expect(route?.rule).toBe("privacy");
  });

  test("heeds no policy that would send away what must not or cannot go", async () => {
    const away = () => ({ route: "remote", rule: "mine" }) as const;
    await using stays = openRouting({ policy: away });
    expect((await take(stays, ask({ routing: "local" }))).route).toMatchObject({
      kind: "local",
      rule: "label",
    });
    await using broke = openRouting({ policy: away, settings: { maxUsdPerHour: 5 } });
    expect((await take(broke, ask())).route).toMatchObject({ kind: "local", rule: "budget" });
    await using failing = openRouting({ policy: away, health: "open" });
    expect((await take(failing, ask())).route).toMatchObject({ kind: "local", rule: "remote-unavailable" });
    await using unable = openRouting({ policy: away, refusal });
    expect((await take(unable, ask())).route).toMatchObject({ kind: "local", rule: "remote-unable" });
  });

  test("falls back to this machine where the remote model fails, and the other way round", async () => {
    const failing =
      (name: string) =>
      ({ model }: GenerateRequest) =>
        model === name ? [{ fail: new AppError("circuit_open", "shut") }] : [{ text: "hi" }];
    await using remote = openRouting({
      policy: () => ({ route: "remote", rule: "mine" }),
      script: failing("big@work"),
    });
    expect(await take(remote, ask())).toMatchObject({ text: "hi", answeredBy: "small" });
    await using local = openRouting({ policy: () => ({}), script: failing("small") });
    expect(await take(local, ask())).toMatchObject({ text: "hi", answeredBy: "big@work" });
    await using stays = openRouting({ policy: () => ({}), script: failing("small") });
    expect((await take(stays, ask({ privacy: "local" }))).error).toMatchObject({ code: "circuit_open" });
    expect(stays.asked()).toEqual(["small"]);
  });
});

test.each(["invalid_request", "context_limit_exceeded"] as const)(
  "auto tries the other model where the one that was chosen refuses the request (%s)",
  async (code) => {
    await using routing = openRouting({
      policy: () => ({ route: "remote", rule: "mine" }),
      script: ({ model }) =>
        model === "small" ? [{ text: "hi" }] : [{ fail: new AppError(code, "not me") }],
    });
    expect(await take(routing, ask())).toMatchObject({ text: "hi", answeredBy: "small" });
    expect(routing.asked()).toEqual(["big@work", "small"]);
  },
);

describe("the name auto", () => {
  test("is listed and found as what stands behind it, where there is something to choose from", async () => {
    await using routing = openRouting();
    const engine = withAuto(routing.engine, routing.deps.settings, routing.deps.upstreams);
    expect((await engine.models()).map(({ id }) => id)).toContain(autoModel);
    expect(await engine.find(autoModel)).toMatchObject({
      id: "auto",
      summary: (await engine.find("small")).summary,
    });
    expect(withAuto(routing.engine, { models: ["small"] }, { list: [] })).toBe(routing.engine);
  });

  test("belongs to a model of this machine that is called so", async () => {
    await using routing = openRouting({ models: ["auto", "small", "big@work"] });
    const engine = withAuto(routing.engine, routing.deps.settings, routing.deps.upstreams);
    expect((await engine.models()).filter(({ id }) => id === autoModel)).toHaveLength(1);
    expect((await take(routing, ask())).answeredBy).toBe("auto");
    expect(routing.asked()).toEqual(["auto"]);
  });
});
