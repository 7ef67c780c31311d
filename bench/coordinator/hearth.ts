import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultHearthCommand } from "../servers.ts";

export type Asked = {
  readonly model?: string;
  readonly question: string;
  readonly temperature?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly stream?: boolean;
  readonly hearth?: object;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Answered = {
  readonly id: string;
  readonly answer: string;
  readonly route: string;
  readonly cache: string | null;
  readonly citations: readonly { readonly source: string; readonly start_line: number }[];
  /** `hearth route explain`, line by line. */
  readonly receipt: readonly string[];
};

export type Hearth = AsyncDisposable & {
  readonly home: string;
  ask(asked: Asked): Promise<Answered>;
  /** Runs a command on the same home; what it wrote to stdout. */
  command(...argv: readonly string[]): Promise<string>;
};

const maxExplanations = 20;
const explanationPauseMs = 250;

/** A server of the executable, or of the source where that is not built, in a home of its own. */
export async function openHearth(config: object): Promise<Hearth> {
  const home = mkdtempSync(join(tmpdir(), "hearth-coordinator-"));
  const file = join(home, "config.json");
  writeFileSync(file, JSON.stringify({ ...config, port: 0, logLevel: "warn", discover: "off" }));
  const executable = defaultHearthCommand();
  const child = Bun.spawn([...executable, "serve", "--config", file, "--home", home], {
    ...{ stdout: "pipe", stderr: "inherit", stdin: "ignore" },
  });
  const url = await readUrl(child.stdout);
  const command: Hearth["command"] = async (...argv) => {
    const run = Bun.spawn([...executable, ...argv, "--home", home], { stdout: "pipe", stderr: "ignore" });
    return await new Response(run.stdout).text();
  };
  return {
    home,
    command,
    async ask(asked) {
      const answered = await post(url, asked);
      return { ...answered, receipt: await explain(command, answered.id) };
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Receipts are written a moment after the answer. */
async function explain(command: Hearth["command"], id: string): Promise<readonly string[]> {
  for (let attempt = 0; attempt < maxExplanations; attempt++) {
    const text = await command("route", "explain", id);
    if (text !== "") return text.trimEnd().split("\n");
    await Bun.sleep(explanationPauseMs);
  }
  throw new Error(`there is no receipt of ${id}`);
}

async function readUrl(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of stdout) {
    text += Buffer.from(part).toString();
    const url = /http:\/\/[\d.]+:\d+/.exec(text)?.[0];
    if (url) return url;
  }
  throw new Error(`the server did not start: ${text}`);
}

async function post(url: string, asked: Asked): Promise<Omit<Answered, "receipt">> {
  const { model = "auto", question, temperature = 0, maxTokens = 48, stream = false, hearth, seed } = asked;
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...asked.headers },
    body: JSON.stringify({
      ...{ model, temperature, stream, max_tokens: maxTokens, ...(seed !== undefined && { seed }) },
      ...{ messages: [{ role: "user", content: question }], ...(hearth && { hearth }) },
    }),
  });
  const text = await response.text();
  const whole = stream ? readStream(text) : readWhole(text);
  const { headers } = response;
  return { ...whole, route: headers.get("x-hearth-route") ?? "", cache: headers.get("x-hearth-cache") };
}

type Body = {
  readonly id?: string;
  readonly error?: { readonly message: string; readonly code: string };
  readonly choices?: readonly {
    readonly message?: { readonly content: string };
    readonly delta?: { readonly content?: string };
  }[];
  readonly hearth?: { readonly citations: Answered["citations"] };
};

function readWhole(text: string) {
  const { id = "", error, choices, hearth }: Body = JSON.parse(text);
  const answer = error ? `${error.code}: ${error.message}` : (choices?.[0]?.message?.content ?? "");
  return { id, answer: answer.replaceAll("\n", " "), citations: hearth?.citations ?? [] };
}

function readStream(text: string) {
  const frames = [...text.matchAll(/^data: (\{.*)$/gm)].map((match): Body => JSON.parse(match[1] ?? "{}"));
  const said = frames.map(({ choices }) => choices?.[0]?.delta?.content ?? "").join("");
  const failed = frames.find(({ error }) => error)?.error;
  const id = frames.find((frame) => frame.id)?.id ?? "";
  return { id, answer: failed ? `${said} [${failed.code}]` : said, citations: [] };
}
