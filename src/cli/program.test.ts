import { expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createTemporaryFolder,
  isProcessAlive,
  type TemporaryFolder,
  waitUntil,
  writeTinyGguf,
} from "../testing/index.ts";

/** What Linux keeps of a pipe that is not read. */
const pipeBytes = 65_536;
const mainPath = join(import.meta.dir, "..", "main.ts");
/** One thread keeps a busy machine from stalling a small model. */
const quick = ["--threads", "1", "--parallel", "2"] as const;

/** Starts the real program with nothing in its environment but a home folder. */
function start(home: TemporaryFolder, argv: readonly string[], stdin: string | null = "") {
  return Bun.spawn([process.execPath, "--no-env-file", mainPath, ...argv], {
    env: { HEARTH_HOME: home.file("home") },
    stdin: stdin === null ? "pipe" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function runToEnd(argv: readonly string[], stdin = "") {
  using home = createTemporaryFolder();
  const program = start(home, argv, stdin);
  const [output, errors] = await Promise.all([program.stdout.text(), program.stderr.text()]);
  return { output, errors, code: await program.exited };
}

async function readLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) break;
  }
  return text;
}

/** Both ends of a pipe with a name, opened so that neither waits for the other. */
function createPipe(path: string): { readonly reader: number; readonly writer: number } {
  Bun.spawnSync(["mkfifo", path]);
  const both = openSync(path, "r+");
  const ends = { reader: openSync(path, "r"), writer: openSync(path, "w") };
  closeSync(both);
  return ends;
}

/** Whether a process has written more than a pipe takes. */
function isWaiting(pid: number): boolean {
  const written = /^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))?.[1];
  return Number(written) >= pipeBytes;
}

/** Process ids of the children of a process. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
  );
}

test("a piped prompt is answered by the built-in model, and nothing else is printed", async () => {
  const { output, errors, code } = await runToEnd(
    ["run", "hearth-demo", "--temperature", "0", "--threads", "1"],
    "Reply with exactly: pong-42\n",
  );
  expect({ errors, output, code }).toEqual({ errors: "", output: "pong-42\n", code: 0 });
});

test("--max-tokens bounds the answer", async () => {
  const prompt = "Write a Python function that reverses a string";
  const { output, code } = await runToEnd([
    "run",
    "hearth-demo",
    prompt,
    "--temperature",
    "0",
    "--max-tokens",
    "3",
  ]);
  expect(code).toBe(0);
  expect(output.length).toBeLessThan(40);
});

test("wrong usage ends with code 2 and a failure with code 1", async () => {
  expect(await runToEnd(["frobnicate"])).toMatchObject({ code: 2, output: "" });
  expect(await runToEnd(["serve", "--port", "none"])).toMatchObject({ code: 2, output: "" });
  expect(await runToEnd(["show", "absent.gguf"])).toMatchObject({ code: 1, output: "" });
});

test("a file that is no working model is one message and code 1, whatever the engine does with it", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hostile.gguf");
  writeFileSync(
    path,
    writeTinyGguf({
      metadata: [["general.architecture", { type: "string", value: "llama" }]],
      tensors: [{ name: "token_embd.weight", shape: [32n, 4n], type: 0, offset: 0n }],
      dataBytes: 512,
    }),
  );
  const { output, errors, code } = await runToEnd(["run", path, "hello"]);
  expect({ output, code }).toEqual({ output: "", code: 1 });
  expect(errors).toStartWith("hearth: ");
  expect(errors).not.toContain("    at ");
});

test.if(process.platform === "linux")(
  "output reaches a reader whole that does not read at first",
  async () => {
    using home = createTemporaryFolder();
    const { reader, writer } = createPipe(home.file("pipe"));
    const models = Array.from({ length: 250 }, (_, index) => [
      "--model",
      `${"long".repeat(100)}-${index}.gguf`,
    ]);
    const program = Bun.spawn(
      [process.execPath, "--no-env-file", mainPath, "ls", "--json", ...models.flat()],
      {
        env: { HEARTH_HOME: home.file("home") },
        stdout: writer,
      },
    );
    closeSync(writer);
    await waitUntil(
      "it has ended or waits for its reader",
      () => program.exitCode !== null || isWaiting(program.pid),
    );
    const output = await Bun.spawn(["cat"], { stdin: reader }).stdout.text();
    expect(JSON.parse(output)).toHaveLength(251);
  },
);

test.if(process.platform === "linux")(
  "serve says where it listens, and SIGTERM leaves no process behind",
  async () => {
    using home = createTemporaryFolder();
    const program = start(home, ["serve", "--port", "0", ...quick]);
    const url =
      /^Hearth is listening on (http:\S+) \(loads hearth-demo now, .*\)\n$/.exec(
        await readLine(program.stdout),
      )?.[1] ?? "";
    await waitUntil("it is ready", async () => (await fetch(`${url}/ready`)).status === 200);
    const hosts = childrenOf(program.pid);
    expect(hosts).toHaveLength(1);
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
    expect(hosts.filter(isProcessAlive)).toEqual([]);
  },
);

test.if(process.platform === "linux")("a SIGKILL of the server leaves no engine behind", async () => {
  using home = createTemporaryFolder();
  const program = start(home, ["serve", "--port", "0", ...quick]);
  await readLine(program.stdout);
  await waitUntil("an engine runs", () => childrenOf(program.pid).length === 1);
  const hosts = childrenOf(program.pid);
  program.kill("SIGKILL");
  await program.exited;
  await waitUntil("the engine is gone", () => !hosts.some(isProcessAlive));
});

test("on a terminal Ctrl-C stops the answer and Ctrl-D ends the program", async () => {
  using home = createTemporaryFolder();
  let screen = "";
  const program = Bun.spawn(
    [process.execPath, "--no-env-file", mainPath, "run", "hearth-demo", "--threads", "1"],
    {
      env: { HEARTH_HOME: home.file("home"), TERM: "xterm" },
      terminal: { cols: 100, rows: 30, data: (_, bytes) => (screen += new TextDecoder().decode(bytes)) },
    },
  );
  const { terminal } = program;
  await waitUntil("it asks", () => screen.includes(">>> "));
  terminal?.write("/set system You never stop talking\r");
  terminal?.write("/set temperature 2\r");
  terminal?.write("Tell me everything\r");
  await waitUntil("the question stands there", () => screen.includes("everything"));
  terminal?.write("\x03");
  await waitUntil("it has stopped or was done", () => /\(stopped\)|\(\/exit or Ctrl-D leaves\)/.test(screen));
  terminal?.write("\x04");
  expect(await program.exited).toBe(0);
});
