import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { createTemporaryFolder, startUpstreamFixture } from "../testing/index.ts";
import { readKnownKeys } from "./credentials.ts";
import { ask, createTestUpstreams, failureOf, hear, never, openUpstream } from "./upstreams.fixture.ts";

const secret = "sk-very-secret-0123456789";

test("a local request is refused before any connection, answers and vectors alike", async () => {
  await using server = await startUpstreamFixture();
  const upstream = openUpstream(server);
  const { error } = await hear(upstream.generate(ask("hi", { privacy: "local" }), never));
  expect(error?.code).toBe("forbidden");
  const request = { model: "m", inputs: ["mine"], tenant: "t", privacy: "local" as const };
  expect((await failureOf(upstream.embed(request, never))).code).toBe("forbidden");
  expect(upstream.refusal(ask("hi", { privacy: "local" }))?.code).toBe("forbidden");
  expect(server.acceptedConnections).toBe(0);
});

test("a redirect is not followed: the key would go along", async () => {
  await using thief = await startUpstreamFixture();
  await using server = await startUpstreamFixture({
    script: () => ({ fault: { type: "redirect", location: `${thief.url}/chat/completions` } }),
  });
  const { error } = await hear(openUpstream(server).generate(ask(), never));
  expect(error?.code).toBe("upstream_refused");
  expect(thief.acceptedConnections).toBe(0);
});

test("an upstream that repeats the key in its error does not get it into ours", async () => {
  for (const status of [400, 401, 403, 429, 500]) {
    const fault = { type: "status", status, message: `key ${secret} is bad`, code: secret } as const;
    await using server = await startUpstreamFixture({ script: () => ({ fault }) });
    const { first } = createTestUpstreams([server.config("big", { key: "env:KEY" })], {
      readVariable: () => secret,
    });
    const { error } = await hear(first.generate(ask(), never));
    expect(server.generations[0]?.headers.authorization).toBe(`Bearer ${secret}`);
    expect(`${error?.message} ${JSON.stringify(error?.details)}`).not.toContain(secret);
    expect(JSON.stringify(first.health())).not.toContain(secret);
  }
});

test("a key in the middle of a stream's error does not get out either", async () => {
  const fault = { type: "error-frame", afterPieces: 1, message: `bad ${secret}` } as const;
  await using server = await startUpstreamFixture({ script: () => ({ text: "a b", fault }) });
  const { first } = createTestUpstreams([server.config("big", { key: "env:KEY" })], {
    readVariable: () => secret,
  });
  const { error } = await hear(first.generate(ask(), never));
  expect(error).toMatchObject({ code: "streaming_error" });
  expect(error?.message).toContain("[key]");
});

test.each([
  ["missing", undefined, "the variable KEY, where its configuration says that it is, holds nothing"],
  ["empty", "  \n", "holds nothing"],
  ["two lines, the second a header", `${secret}\r\nx-evil: 1`, "holds something that is no key"],
  ["not ASCII", "schlüssel", "holds something that is no key"],
])("a key that is %s is told of at the first use, and nothing is sent", async (_what, value, says) => {
  await using server = await startUpstreamFixture();
  const { first } = createTestUpstreams([server.config("big", { key: "env:KEY" })], {
    readVariable: () => value,
  });
  const { error } = await hear(first.generate(ask(), never));
  expect(error?.code).toBe("upstream_refused");
  expect(error?.message).toContain(says);
  expect(error?.message).not.toContain(secret);
  expect(server.acceptedConnections).toBe(0);
});

test("a key of a file is read when it is needed, and its line end is no part of it", async () => {
  using folder = createTemporaryFolder();
  await using server = await startUpstreamFixture();
  const key = `file:${folder.file("key")}` as const;
  const { first } = createTestUpstreams([server.config("big", { key })]);
  const { error } = await hear(first.generate(ask(), never));
  expect(error?.message).toContain("cannot be read (ENOENT)");
  writeFileSync(folder.file("key"), `${secret}\n`);
  chmodSync(folder.file("key"), 0o600);
  await hear(first.generate(ask(), never));
  expect(server.generations[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  expect(await readKnownKeys([first.config], { readVariable: () => undefined })).toEqual([secret]);
});

test("neither the tenant nor what Hearth keeps of a request leaves with it", async () => {
  await using server = await startUpstreamFixture();
  const request = ask("hi", {
    tenant: "tenant-7",
    tags: ["tag-7"],
    retrieval: { collections: ["mine-7"] },
    caching: "exact",
  });
  await hear(openUpstream(server).generate(request, never));
  expect(JSON.stringify(server.generations[0])).not.toMatch(/-7/);
});

test("a body of an error that does not end is cut, and the error is still told", async () => {
  await using server = await startUpstreamFixture({
    script: () => ({ fault: { type: "status", status: 500, message: "x".repeat(1_000_000) } }),
  });
  const { error } = await hear(openUpstream(server).generate(ask(), never));
  expect(error?.message).toStartWith('upstream "big" failed with status 500');
  expect(error?.message.length).toBeLessThan(600);
});
