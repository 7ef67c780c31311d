import { describe, expect, test } from "bun:test";
import { createFakeCli, createFakeIo } from "../testing/index.ts";
import { runCli } from "./run-cli.ts";

/** Runs a command against a server that answers so. */
async function ask(argv: readonly string[], answer: (request: Request) => Response | Promise<Response>) {
  await using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  const world = createFakeIo();
  const { deps } = createFakeCli(world);
  const code = await runCli([...argv, "--port", String(server.port)], deps);
  return { code, output: world.output(), errors: world.errors() };
}

const soon = new Date(Date.now() + 250_000).toISOString();
const resident = {
  name: "qwen3:0.6b",
  size: 2 ** 30,
  expires_at: soon,
  context_length: 8192,
  state: "ready",
  pinned: false,
  active_requests: 0,
  host_memory: 2 ** 29,
  placement: {
    device: "both",
    gpu_layers: 12,
    failed_attempts: [{ gpu_layers: 33, reason: "out of memory" }],
  },
};
const forever = "9999-12-31T23:59:59Z";

describe("ps", () => {
  test("shows state, memory, place, requests and how long each stays", async () => {
    const models = [
      resident,
      { ...resident, name: "busy", active_requests: 3, expires_at: forever, placement: undefined },
      { ...resident, name: "kept", expires_at: forever, placement: { device: "cpu", gpu_layers: 0 } },
      { ...resident, name: "pinned", pinned: true, expires_at: forever },
    ];
    const { code, output } = await ask(["ps"], () => Response.json({ models }));
    expect(code).toBe(0);
    expect(output).toMatch(
      /^qwen3:0\.6b +ready +1\.0 GiB +512 MiB +GPU \(12 layers\), CPU; 33 did not fit +8192 +0 +in 4 minutes$/m,
    );
    expect(output).toMatch(/^busy .* - +8192 +3 +it has answered$/m);
    expect(output).toMatch(/^kept .* CPU .* its room is needed$/m);
    expect(output).toMatch(/^pinned +ready, pinned .* the server stops$/m);
  });

  test("--json hands on what the server said", async () => {
    const answer = { models: [resident], residency: { hits: 3 } };
    expect(JSON.parse((await ask(["ps", "--json"], () => Response.json(answer))).output)).toEqual(answer);
  });

  test("sends the API key", async () => {
    const sent: (string | null)[] = [];
    await ask(["ps", "--api-key", "secret-1"], (request) => {
      sent.push(request.headers.get("authorization"));
      return Response.json({ models: [] });
    });
    expect(sent).toEqual(["Bearer secret-1"]);
  });

  test.each<[string, () => Response, RegExp]>([
    [
      "wants a key",
      () => Response.json({ error: "no" }, { status: 401 }),
      /wants an API key; set HEARTH_API_KEY/,
    ],
    ["refuses", () => Response.json({ error: "go\x1b[2Jaway" }, { status: 503 }), /refused: go�\[2Jaway/],
    ["is another program", () => new Response("<html>"), /no Hearth server/],
    ["answers something else", () => Response.json({ models: [{ name: 1 }] }), /no Hearth server/],
    ["redirects", () => Response.redirect("http://127.0.0.1:1/"), /no server answers at/],
  ])("a server that %s is one message and code 1", async (_, answer, says) => {
    const { code, output, errors } = await ask(["ps"], answer);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(/^hearth: .*\n$/);
    expect(errors).toMatch(says);
  });

  test("without a server says how to start one", async () => {
    const world = createFakeIo();
    const { deps } = createFakeCli(world);
    expect(await runCli(["ps", "--port", "1"], deps)).toBe(1);
    expect(world.errors()).toMatch(
      /^hearth: no server answers at http:\/\/127\.0\.0\.1:1; start one with hearth serve/,
    );
  });

  test("a server that listens everywhere is asked on this machine", async () => {
    const { code } = await ask(["ps", "--host", "0.0.0.0", "--api-key", "k"], () =>
      Response.json({ models: [] }),
    );
    expect(code).toBe(0);
  });
});

test("unload asks the server to keep a model for no time", async () => {
  const bodies: unknown[] = [];
  const { code, output } = await ask(["unload", "a", "b"], async (request) => {
    bodies.push([new URL(request.url).pathname, await request.json()]);
    return Response.json({ done: true });
  });
  expect({ code, output }).toEqual({ code: 0, output: "a is unloaded\nb is unloaded\n" });
  expect(bodies).toEqual([
    ["/api/generate", { model: "a", keep_alive: 0, stream: false }],
    ["/api/generate", { model: "b", keep_alive: 0, stream: false }],
  ]);
});
