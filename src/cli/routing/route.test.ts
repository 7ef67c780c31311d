import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { RouteReceipt } from "../../contract/index.ts";
import type { GenerationRecord } from "../../coordinator/index.ts";
import { openHomeDatabase } from "../../store/index.ts";
import {
  createChatRequest,
  createFakeCli,
  createFakeCoordinator,
  createFakeEngine,
  createFakeIo,
  createFakeLibrary,
  createTemporaryFolder,
  type TemporaryFolder,
} from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = createTemporaryFolder();
  const database = await openHomeDatabase(folder.file("home"));
  const coordinator = createFakeCoordinator({
    ...{ engine: createFakeEngine(), library: createFakeLibrary(), database: async () => database },
  });
  for (const record of [named, informed, escalated]) coordinator.routes.note(record);
  await coordinator.routes.close();
  await database.close();
});
afterAll(() => folder[Symbol.dispose]());

const request = createChatRequest("Who?", { isInteraction: true });
const shared = {
  model: "auto",
  tenant: "key-1",
  outcome: "finished",
  e2eMs: 12,
  interTokenMs: [],
  answer: "",
} as const;
const namedRoute: RouteReceipt = {
  ...{ kind: "local", asked: "small", rule: "named", reason: "the request names it" },
  attempts: [{ model: "small", outcome: "answered" }],
};
const named: GenerationRecord = {
  ...{ ...shared, id: "chatcmpl-1", request },
  receipt: {
    ...{ answeredBy: "small", cache: { outcome: "off" } },
    context: { collections: ["notes"], mode: "words", reason: "nothing in notes matches", citations: [] },
    route: namedRoute,
  },
};
const informed: GenerationRecord = {
  ...{ ...named, id: "chatcmpl-0" },
  receipt: {
    ...{ answeredBy: "small", cache: { outcome: "off" }, route: { ...namedRoute, rule: "default" } },
    context: {
      ...{ collections: ["vs_1"], mode: "words" },
      citations: [
        {
          ...{ index: 1, collection: "vs_1", chunkId: "chunk-1-1", text: "Orchid belongs to Dana." },
          ...{ source: "files/file-4f64", fileId: "file-4f64", filename: "owners\u001b.md" },
          ...{ startLine: 1, endLine: 3, score: 0.75 },
        },
      ],
    },
  },
};
const escalated: GenerationRecord = {
  ...{ ...shared, id: "chatcmpl-2", request },
  receipt: {
    ...{ answeredBy: "big@work\x1b[31m", cache: { outcome: "off" } },
    route: {
      ...{
        kind: "remote",
        asked: "auto",
        rule: "escalated",
        reason: "a confidence of 0.4 is below the bar of 0.6",
      },
      ...{ confidence: 0.4, bar: 0.6, policy: "route-by-complexity" },
      attempts: [
        { model: "small", outcome: "escalated", reason: "a confidence of 0.4", durationMs: 5 },
        { model: "big@work", outcome: "answered" },
      ],
      decision: {
        input: { hook: "route.decide", inputTokens: 3, label: "any", prompt: "List three colours." },
        output: { route: "local", rule: "default", reason: "nothing asks for it" },
      },
    },
  },
};

async function route(...argv: readonly string[]) {
  const world = createFakeIo({ stdoutIsTTY: false, stdinIsTTY: false, stderrIsTTY: false });
  world.endInput();
  const { deps, engine } = createFakeCli(world, { environment: { HEARTH_HOME: folder.file("home") } });
  const code = await runCli(["route", ...argv], deps);
  return { code, output: world.output(), errors: world.errors(), engine };
}

const write = (name: string, lines: readonly object[]) => {
  writeFileSync(folder.file(name), lines.map((line) => JSON.stringify(line)).join("\n"));
  return folder.file(name);
};

describe("explain", () => {
  test("says why an answer came from where it did, and cannot steer the terminal", async () => {
    const { code, output } = await route("explain", "chatcmpl-2");
    expect(code).toBe(0);
    expect(output).toContain("rule escalated: a confidence of 0.4 is below the bar of 0.6");
    expect(output).toContain("- small escalated (a confidence of 0.4, 5 ms)");
    expect(output).toContain("decided by route-by-complexity");
    expect(output).not.toContain("\x1b");
  });

  test("says that nothing was found to answer from, and why", async () => {
    const { output } = await route("explain", "chatcmpl-1");
    expect(output).toContain("context of notes: 0 texts; nothing in notes matches\n");
  });

  test("says by their names which uploaded files the answer was given", async () => {
    const { output } = await route("explain", "chatcmpl-0");
    expect(output).toContain("context of vs_1: 1 texts\n[1] owners\ufffd.md:1-3, score 0.75\n");
    expect(JSON.parse((await route("explain", "chatcmpl-0", "--json")).output)).toMatchObject({
      context: { citations: [{ source: "files/file-4f64", file_id: "file-4f64" }] },
    });
  });

  test("gives the whole receipt with --json", async () => {
    const { output } = await route("explain", "chatcmpl-1", "--json");
    expect(JSON.parse(output)).toMatchObject({
      ...{ id: "chatcmpl-1", object: "route", kind: "local", rule: "named", answered_by: "small" },
      attempts: [{ model: "small", outcome: "answered" }],
    });
  });

  test("of an answer that nobody knows fails, and says what to do", async () => {
    const { code, errors } = await route("explain", "chatcmpl-9");
    expect({ code, errors }).toMatchObject({ code: 1, errors: expect.stringContaining("list the routes") });
  });
});

test("ls lists the newest first, by kind and rule", async () => {
  const { output } = await route("ls");
  expect(output.split("\n").map((line) => line.split(" ")[0])).toEqual([
    "ID",
    "chatcmpl-2",
    "chatcmpl-0",
    "chatcmpl-1",
    "",
  ]);
  const { output: json } = await route("ls", "--kind", "local", "--rule", "named", "--json");
  expect(JSON.parse(json)).toMatchObject([{ id: "chatcmpl-1" }]);
  expect((await route("ls", "--kind", "cache")).output).toBe("no noted answer is of this kind and rule\n");
  expect((await route("ls", "--kind", "near")).code).toBe(2);
  expect((await route("ls", "--limit", "0")).code).toBe(2);
});

test("replay asks the policy again", async () => {
  const { code, output } = await route("replay", "chatcmpl-2", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    ...{ policy: "route-by-complexity", changed: false, before: { rule: "default" } },
    after: { route: "local", rule: "default", type: "lookup" },
  });
  expect((await route("replay", "chatcmpl-1")).errors).toContain("no policy decided");
});

describe("calibrate", () => {
  const weighed = Array.from({ length: 20 }, (_, index) => ({ confidence: index / 20, ok: index >= 10 }));

  test("prints the curve, and sets the bar for a share", async () => {
    const file = write("weighed.jsonl", weighed);
    const plain = await route("calibrate", file);
    expect(plain.output).toContain("hearth-demo: 10 of 20 answers are right");
    expect(plain.output).toContain("no bar is set");
    const { output, code } = await route("calibrate", file, "--share", "0.3");
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining("is 0.275 now: 0.300 go remote"),
    });
    const json = JSON.parse((await route("calibrate", file, "--quality", "0.9", "--json")).output);
    expect(json).toMatchObject({ chosen: { quality: 0.9, remote_share: 0.4 }, target: { quality: 0.9 } });
  });

  test("asks the model for what was not measured", async () => {
    const file = write(
      "asked.jsonl",
      weighed.map((_, index) => ({ prompt: `${index}?`, answer_ok: true })),
    );
    const { engine, code, errors } = await route("calibrate", file);
    expect(code).toBe(0);
    expect(engine.requests).toHaveLength(20);
    expect(errors).toContain("answer 20 of 20");
  });

  test("refuses wrong numbers, wrong lines and too few of them as wrong usage", async () => {
    const file = write("few.jsonl", weighed.slice(1));
    expect((await route("calibrate", file)).code).toBe(2);
    expect((await route("calibrate", file, "--share", "2")).errors).toContain("--share");
    expect((await route("calibrate", file, "--share", "0.1", "--quality", "0.1")).code).toBe(2);
    expect((await route("calibrate", write("bad.jsonl", [{ ok: 1 }]))).errors).toContain("bad.jsonl, line 1");
  });
});
