import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import {
  createFakeCli,
  createFakeIo,
  type FakeCliOptions,
  type FakeStep,
  waitUntil,
} from "../testing/index.ts";
import { runCli } from "./run-cli.ts";

const text = (...pieces: readonly string[]): readonly FakeStep[] => pieces.map((piece) => ({ text: piece }));

/** Runs `hearth run hearth-demo` with a piped prompt. */
async function pipe(input: string, argv: readonly string[] = [], options: FakeCliOptions = {}) {
  const world = createFakeIo();
  const cli = createFakeCli(world, options);
  world.type(input);
  world.endInput();
  const code = await runCli(["run", "hearth-demo", ...argv], cli.deps);
  return { code, output: world.output(), errors: world.errors(), ...cli };
}

/** Starts a chat on a terminal. */
function chat(options: FakeCliOptions = {}) {
  const world = createFakeIo({ stdinIsTTY: true, stdoutIsTTY: true });
  const cli = createFakeCli(world, options);
  const ended = runCli(["run", "hearth-demo"], cli.deps);
  /** Types a line and waits until something that was not there before has been written. */
  async function say(line: string, expected: string) {
    const before = world.output().length;
    world.type(`${line}\n`);
    await waitUntil(`"${expected}" is written`, () => world.output().slice(before).includes(expected));
  }
  return { world, ended, say, ...cli };
}

test("a piped prompt prints the answer alone", async () => {
  const { code, output, errors, engine, stops } = await pipe("Who are you?\n", [], {
    script: () => text("I ", "am."),
  });
  expect({ code, output, errors }).toEqual({ code: 0, output: "I am.\n", errors: "" });
  expect(engine.requests[0]?.input).toMatchObject({
    type: "chat",
    messages: [{ role: "user", content: "Who are you?" }],
  });
  expect(stops).toEqual([true]);
});

test("reasoning is not part of a piped answer", async () => {
  const { output } = await pipe("why?", [], { script: () => [{ reasoning: "hmm" }, { text: "so" }] });
  expect(output).toBe("so\n");
});

test("a prompt on the command line goes before a piped one", async () => {
  const { engine } = await pipe("the text\n", ["Sum", "up:"]);
  expect(engine.requests[0]?.input).toMatchObject({ messages: [{ content: "Sum up:\n\nthe text" }] });
});

test("flags set the system prompt, the sampling and the length", async () => {
  const { engine, configs } = await pipe("x", [
    "--system",
    "Be brief",
    "--temperature",
    "0",
    "--seed",
    "7",
    "--max-tokens",
    "5",
  ]);
  expect(engine.requests[0]).toMatchObject({
    sampling: { temperature: 0, seed: 7 },
    maxTokens: 5,
    input: { messages: [{ role: "system", content: "Be brief" }, { role: "user" }] },
  });
  expect(configs[0]).toMatchObject({ models: ["hearth-demo"], logLevel: "error" });
});

test("an empty pipe is wrong usage", async () => {
  expect(await pipe(" \n")).toMatchObject({ code: 2, output: "" });
});

test("a failing answer is one message and code 1", async () => {
  const script = () => [{ text: "a" }, { fail: new AppError("host_died", "the engine died") }];
  expect(await pipe("x", [], { script })).toMatchObject({ code: 1, errors: "hearth: the engine died\n" });
});

test("a prompt that does not fit is refused with its numbers, not cut", async () => {
  const { code, errors } = await pipe("x".repeat(100), [], { contextTokens: 50 });
  expect(code).toBe(1);
  expect(errors).toContain("do not fit the context of 50");
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends a piped answer with code %i", async (signal, expected) => {
  const world = createFakeIo();
  const { deps } = createFakeCli(world, {
    script: () => [{ text: "a" }, { until: new Promise(() => undefined) }],
  });
  world.type("x");
  world.endInput();
  const ended = runCli(["run", "hearth-demo"], deps);
  await waitUntil("it answers", () => world.output() === "a");
  world.signal(signal);
  expect(await ended).toBe(expected);
});

test("a chat keeps the conversation, /clear forgets it, /exit leaves", async () => {
  const { ended, say, engine, world } = chat({ script: () => text("yes") });
  await say("one", "yes");
  await say("two", "yes");
  await say("/clear", "forgotten");
  await say("three", "yes");
  world.type("/exit\n");
  expect(await ended).toBe(0);
  const conversations = engine.requests.map(({ input }) =>
    input.type === "chat" ? input.messages.map((message) => message.content) : [],
  );
  expect(conversations).toEqual([["one"], ["one", "yes", "two"], ["three"]]);
});

test("/set changes how the next answer is made, and says what is wrong", async () => {
  const { say, engine, world, ended } = chat({ script: () => text("yes") });
  await say("/set temperature 0.5", "");
  await say("/set top-k 40", "");
  await say("/set system Answer in Dutch", "");
  await say("/set temperature 99", "expected a number from 0 to 2");
  await say("/set flavour sweet", 'no setting "flavour"');
  await say("/set", "Answer in Dutch");
  await say("/frob", "no command /frob");
  await say("/help", "/clear");
  await say("hello", "yes");
  await say("/set temperature default", "");
  await say("again", "yes");
  world.endInput();
  expect(await ended).toBe(0);
  expect(engine.requests[0]).toMatchObject({
    sampling: { temperature: 0.5, topK: 40 },
    input: { messages: [{ role: "system", content: "Answer in Dutch" }, { content: "hello" }] },
  });
  expect(engine.requests[1]?.sampling).toEqual({ topK: 40 });
});

test("Ctrl-C stops the answer and keeps what came, the program goes on", async () => {
  const scripts = [[{ text: "half" }, { until: new Promise<void>(() => undefined) }], text("whole")];
  const { say, world, ended, engine } = chat({ script: () => scripts.shift() ?? [] });
  await say("long story", "half");
  world.signal("SIGINT");
  await waitUntil("it has stopped", () => world.output().includes("(stopped)"));
  await say("go on", "whole");
  world.signal("SIGINT");
  expect(world.output()).toEndWith("(/exit or Ctrl-D leaves)\n");
  world.endInput();
  expect(await ended).toBe(0);
  expect(engine.requests[1]?.input).toMatchObject({
    messages: [{ content: "long story" }, { role: "assistant", content: "half" }, { content: "go on" }],
  });
});

test("a failure in a chat is shown and its question is forgotten", async () => {
  const scripts: (readonly FakeStep[])[] = [
    [{ text: "ha" }, { fail: new AppError("host_died", "the engine died") }],
    text("fine"),
  ];
  const { say, world, ended, engine } = chat({ script: () => scripts.shift() ?? [] });
  await say("first", "error: the engine died");
  await say("second", "fine");
  world.endInput();
  expect(await ended).toBe(0);
  expect(engine.requests[1]?.input).toMatchObject({ messages: [{ content: "second" }] });
});

test("a message of several lines stands between triple quotes", async () => {
  const { say, world, ended, engine } = chat({ script: () => text("ok") });
  world.type('"""first\nsecond\n');
  await say('third"""', "ok");
  world.endInput();
  await ended;
  expect(engine.requests[0]?.input).toMatchObject({ messages: [{ content: "first\nsecond\nthird" }] });
});

test("an answer cannot steer the terminal", async () => {
  const { say, world, ended } = chat({ script: () => text("a\x1b[2Jb") });
  await say("x", "b\n");
  world.endInput();
  await ended;
  expect(world.output()).not.toContain("\x1b[2J");
});

test("SIGTERM ends a chat that waits for a line", async () => {
  const { world, ended } = chat();
  await waitUntil("it asks", () => world.output().includes("/help"));
  world.signal("SIGTERM");
  expect(await ended).toBe(143);
});
