import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Answered, Hearth } from "./hearth.ts";

export type Step = {
  readonly name: string;
  readonly title: string;
  /** What the header of the route has to say. */
  readonly expects: RegExp;
  /** What the answer with its notes has to hold. */
  readonly says?: RegExp;
  run(hearth: Hearth): Promise<Answered & { readonly notes: readonly string[] }>;
};

const hard =
  "Design a distributed architecture for a payment system and explain the trade-off of each strategy.";

/** In this order: the bar that is calibrated holds from then on, and a breaker that opened stays open for a while. */
export const steps: readonly Step[] = [
  {
    ...{ name: "local", title: "an easy question stays on the machine", expects: /^local;/ },
    run: (hearth) => plain(hearth, "What is a list?"),
  },
  {
    ...{ name: "remote", title: "a hard one goes to the upstream", expects: /^remote;.*large@work/ },
    run: (hearth) => plain(hearth, hard),
  },
  {
    ...{
      name: "privacy",
      title: "the same, private: it stays, whatever else is configured",
      expects: /^local;/,
    },
    run: (hearth) => plain(hearth, hard, { "x-hearth-privacy": "local" }),
  },
  {
    ...{ name: "cache", title: "the hard one again is known", expects: /^cache; rule=exact/ },
    async run(hearth) {
      const answered = await hearth.ask({ question: hard });
      return { ...answered, notes: [`x-hearth-cache: ${answered.cache}`] };
    },
  },
  {
    ...{ name: "context", title: "a question is answered from a folder, with its place", expects: /^local;/ },
    says: /Dana.*cites owners\.md:1$/s,
    async run(hearth) {
      await indexNotes(hearth);
      const question = "Who owns Orchid?";
      const answered = await hearth.ask({
        model: "hearth-demo",
        question,
        hearth: { collections: ["notes"] },
      });
      return {
        ...answered,
        notes: answered.citations.map(({ source, start_line }) => `cites ${source}:${start_line}`),
      };
    },
  },
  {
    ...{
      name: "escalation",
      title: "below the calibrated bar the larger one is asked",
      expects: /rule=escalated/,
    },
    async run(hearth) {
      const curve = await calibrate(hearth);
      const answered = await hearth.ask({
        question: "Say something about zzyzx qwrt.",
        temperature: 0.9,
        seed: 3,
      });
      return { ...answered, notes: curve };
    },
  },
  {
    ...{
      name: "fallback",
      title: "the upstream fails, the spare one answers",
      expects: /rule=fallback.*large@spare/,
    },
    run: (hearth) => plain(hearth, "Go on (out of order)", {}, "large@work"),
  },
  {
    ...{ name: "limit", title: "the upstream refuses for its rate", expects: /rule=fallback.*large@spare/ },
    run: (hearth) => plain(hearth, "Go on (over its limit)", {}, "large@work"),
  },
  {
    ...{ name: "resume", title: "it breaks off in the middle: the next one goes on, nothing is said twice" },
    expects: /large@work/,
    says: /^One two three four The spare answers: [^[]*$/,
    async run(hearth) {
      const question = "Count (breaks off)";
      return { ...(await hearth.ask({ model: "large@work", question, stream: true })), notes: [] };
    },
  },
];

async function plain(
  hearth: Hearth,
  question: string,
  headers: Readonly<Record<string, string>> = {},
  model = "auto",
) {
  return { ...(await hearth.ask({ model, question, headers })), notes: [] };
}

async function indexNotes(hearth: Hearth): Promise<void> {
  const folder = join(hearth.home, "notes");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "ports.md"), "# Ports\n\nThe port of the mailer is 8125.\n");
  writeFileSync(join(folder, "owners.md"), "# Owners\n\nThe owner of Orchid is Dana.\n");
  await hearth.command("index", folder, "--collection", "notes", "--json");
}

/** Answers labelled elsewhere, with how sure the local model was of them. */
async function calibrate(hearth: Hearth): Promise<readonly string[]> {
  const file = join(hearth.home, "labelled.jsonl");
  const rows = Array.from({ length: 100 }, (_, place) => ({ confidence: place / 100, ok: place > 90 }));
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
  const text = await hearth.command("route", "calibrate", file, "--quality", "0.99");
  return text.trimEnd().split("\n").slice(-12);
}
