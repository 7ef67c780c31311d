import { childrenOf, programCommand } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { waitUntil } from "../wait-until.ts";

const prompt = ">>> ";
const interrupted = /\(stopped\)|\(\/exit or Ctrl-D leaves\)/;

export type Terminal = AsyncDisposable & {
  readonly exited: Promise<number>;
  /** Types a line. */
  type(line: string): void;
  /** Types a line, waits until the program asks for the next one, and returns what it wrote in between. */
  ask(line: string): Promise<string>;
  /** Types a line and presses Ctrl-C in the middle of its answer; returns what the program says to that. */
  interrupt(line: string): Promise<string>;
};

/** Starts `hearth run` on a terminal of its own and waits until it asks. */
export async function startTerminal(argv: readonly string[]): Promise<Terminal> {
  const { program, home, screen } = spawnOnTerminal(argv);
  let seen = 0;
  const fresh = () => Bun.stripANSI(screen().slice(seen)).replaceAll("\r", "");
  const waitFor = (what: string, condition: (text: string) => boolean) =>
    waitUntil(`${what}; the screen is ${JSON.stringify(screen().slice(-500))}`, () => condition(fresh()));
  const type = (line: string) => {
    seen = screen().length;
    program.terminal?.write(`${line}\r`);
  };
  const interrupt = async (line: string) => {
    const [host = 0] = childrenOf(program.pid);
    type(line);
    await waitFor("the answer has begun", (text) => text.indexOf("\n") < text.length - 1);
    // A stopped engine cannot end its answer before the key arrives.
    process.kill(host, "SIGSTOP");
    program.terminal?.write("\x03");
    try {
      await waitFor("the program heeds the key", (text) => interrupted.test(text));
    } finally {
      process.kill(host, "SIGCONT");
    }
    await waitFor("the program asks again", (text) => text.endsWith(prompt));
    return interrupted.exec(fresh())?.[0] ?? "";
  };
  await waitFor("the program asks", (text) => text.endsWith(prompt));
  return {
    exited: program.exited,
    type,
    interrupt,
    async ask(line) {
      type(line);
      await waitFor(`"${line}" is answered`, (text) => text.includes("\n") && text.endsWith(prompt));
      return fresh()
        .slice(fresh().indexOf("\n") + 1, -prompt.length)
        .trimEnd();
    },
    async [Symbol.asyncDispose]() {
      program.kill("SIGKILL");
      await program.exited;
      program.terminal?.close();
      home[Symbol.dispose]();
    },
  };
}

function spawnOnTerminal(argv: readonly string[]) {
  const home = createTemporaryFolder();
  const decoder = new TextDecoder();
  let screen = "";
  const program = Bun.spawn([...programCommand(), ...argv], {
    env: { HEARTH_HOME: home.file("home"), TERM: "dumb" },
    terminal: {
      cols: 200,
      rows: 50,
      data: (_, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
      },
    },
  });
  return { program, home, screen: () => screen };
}
