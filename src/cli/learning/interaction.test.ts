import { expect, test } from "bun:test";
import {
  createFakeCli,
  createFakeIo,
  createTemporaryFolder,
  type TemporaryFolder,
} from "../../testing/index.ts";
import { runCli } from "../index.ts";
import { insertInteractions } from "./interactions.fixture.ts";

async function hearth(home: TemporaryFolder, ...argv: readonly string[]) {
  const io = createFakeIo();
  const { deps } = createFakeCli(io);
  const code = await runCli(["interaction", ...argv, "--home", home.path], deps);
  return { code, out: io.output(), err: io.errors() };
}

const open = { outcome: "unknown", feedback: null, value: 0, terms: null };

test("interactions are listed with what came of them, those of other keys apart", async () => {
  using home = createTemporaryFolder();
  await insertInteractions(home, {}, { ...open, created_at_ms: 5 }, { tenant: "key-1" });
  const { code, out } = await hearth(home, "ls");
  expect(code).toBe(0);
  expect(out).toMatch(
    /^ID +MODEL +OUTCOME +VALUE +WHEN\nchatcmpl-1 .*unknown.*\nchatcmpl-0 .*success +0.80 /,
  );
  expect(out).not.toContain("chatcmpl-2");
  expect((await hearth(home, "ls", "--key", "key-1")).out).toContain("chatcmpl-2");
  expect((await hearth(home, "ls", "--outcome", "failure")).out).toBe("there are no such interactions\n");
});

test("an outcome is told once: said again it changes nothing", async () => {
  using home = createTemporaryFolder();
  await insertInteractions(home, open);
  const told = await hearth(home, "outcome", "chatcmpl-0", "success", "--feedback", "1", "--json");
  expect(told.code).toBe(0);
  expect(JSON.parse(told.out)).toMatchObject({ status: "recorded", outcome: "success", feedback: 1 });
  const again = await hearth(home, "outcome", "chatcmpl-0", "success", "--feedback", "1");
  expect(again.out).toStartWith("chatcmpl-0 is unchanged: success; its value is ");
  expect((await hearth(home, "show", "chatcmpl-0")).out).toContain('"outcome": "success"');
});

test.each([
  [["outcome", "chatcmpl-0", "great"], 2, 'expected success, partial, failure, got "great"'],
  [["outcome", "chatcmpl-0", "success", "--feedback", "2"], 2, '--feedback: expected -1, 0 or 1, got "2"'],
  [["ls", "--limit", "0"], 2, "--limit: expected a whole number"],
  [["outcome", "chatcmpl-9", "success"], 1, "chatcmpl-9"],
])("%j ends with code %i and says why", async (argv, code, message) => {
  using home = createTemporaryFolder();
  await insertInteractions(home, open);
  const ended = await hearth(home, ...argv);
  expect({ code: ended.code, err: ended.err }).toEqual({ code, err: expect.stringContaining(message) });
});
