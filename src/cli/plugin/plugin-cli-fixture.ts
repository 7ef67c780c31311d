/** Command lines over a home folder of their own, with real plugin hosts. */
import { writeFileSync } from "node:fs";
import {
  createFakeCli,
  createFakeIo,
  createTemporaryFolder,
  makeJudge,
  packPlugin,
  type TemporaryFolder,
  writeGuest,
} from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";

export type RunOptions = {
  /** What is piped in, or typed where there is a terminal. */
  readonly input?: string;
  readonly isTerminal?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
};

export type PluginCli = Disposable & {
  readonly folder: TemporaryFolder;
  /** Writes a file into the folder and gives its path. */
  write(name: string, content: Uint8Array | string): string;
  run(
    argv: readonly string[],
    options?: RunOptions,
  ): Promise<{ code: number; output: string; errors: string }>;
};

export function createPluginCli(): PluginCli {
  const folder = createTemporaryFolder();
  return {
    folder,
    write(name, content) {
      writeFileSync(folder.file(name), content);
      return folder.file(name);
    },
    async run(argv, { input = "", isTerminal = false, environment = {} } = {}) {
      const world = createFakeIo({ stdinIsTTY: isTerminal, stdoutIsTTY: isTerminal });
      const cli = createFakeCli(world, { environment: { HEARTH_HOME: folder.file("home"), ...environment } });
      world.type(input);
      world.endInput();
      const code = await runCli(["plugin", ...argv], cli.deps);
      return { code, output: world.output(), errors: world.errors() };
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

export const passing = '{"verdict":"pass","score":1}';
export const passed = { verdict: "pass", score: 1, reasons: [], metrics: {}, violations: [] };
export const judgeInput = '{"response":"hello"}';

/** A judge that passes everything and asks for HTTP and a config key. */
export function makeAskingJudge(name = "asking", changes: object = {}): Uint8Array {
  return makeJudge(name, passing, {
    manifest: {
      description: "Judges by what a server says",
      permissions: {
        http: { reason: "the server is there", hosts: ["api.example.com"] },
        config: { reason: "the server wants it", keys: ["token"] },
      },
      ...changes,
    },
  });
}

/** A connector of one operation that reads and one that changes something. */
export function makeConnector(name = "desk", changes: object = {}): Uint8Array {
  const module = writeGuest({
    functions: [
      { code: (guest) => [guest.output('{"data":7}')] },
      { code: (guest) => [guest.output('{"ok":true,"message":"fine"}')] },
    ],
    exports: { execute: 0, health: 1 },
  });
  return packPlugin(module, {
    ...{ kind: "connector", name, version: "1.0.0" },
    permissions: { http: { reason: "the desk is there", hosts: ["desk.example.com"] } },
    operations: { read: {}, write_note: { writes: true } },
    ...changes,
  });
}

export function sha256Of(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
