import { expect, setDefaultTimeout, test } from "bun:test";
import { startServe } from "../serve-process.ts";
import { post, readJson } from "./requests.ts";

setDefaultTimeout(120_000);

type Models = { readonly data: readonly { readonly id: string }[] };

const messages = [{ role: "user", content: "Who are you?" }];

/** A port that is free now, for a server that another one is told of before it is there. */
function findPort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = probe;
  probe.stop(true);
  return port;
}

test("two servers that send everything to each other come to an end, and list their own models to each other", async () => {
  const port = findPort();
  const to = (url: string) => ["--upstream", `other=${url}/v1`, "--route-local", "auto@other"];
  await using first = await startServe(to(`http://127.0.0.1:${port}`));
  await using second = await startServe([...to(first.url), "--port", String(port)]);
  expect(second.url).toEndWith(`:${port}`);

  const list = await readJson<Models>(await fetch(`${first.url}/v1/models`));
  const names = list.data.map(({ id }) => id);
  expect(names).toContain("hearth-demo@other");
  expect(names.filter((name) => name.includes("@other@other"))).toEqual([]);

  const body = { model: "auto@other", messages, max_tokens: 8 };
  const answer = await post(`${first.url}/v1/chat/completions`, body);
  expect({ status: answer.status, text: await answer.text() }).toMatchObject({
    status: 400,
    text: expect.stringContaining("upstreams send to each other"),
  });
  const countRequests = (log: string) =>
    log.split("\n").filter((line) => line.includes("chat/completions")).length;
  expect(countRequests(first.log()) + countRequests(second.log())).toBeLessThan(12);
  expect((await fetch(`${first.url}/ready`)).ok).toBe(true);
});
