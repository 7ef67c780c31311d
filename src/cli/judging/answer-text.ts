import type { Environment } from "../../config/index.ts";
import type { CliOutput } from "../io.ts";
import { visible } from "../table.ts";
import { type ConfidenceStep, confidenceSteps, formatPercent, stepOf } from "./confidence.ts";
import type { TokenSpan } from "./token-spans.ts";

const underline = 4;
const blackText = "38;5;16";
const reset = "\x1b[0m";

/** Whether an output is a terminal that takes colours and a user who wants them (https://no-color.org). */
export function wantsColor(output: CliOutput, environment: Environment): boolean {
  const { NO_COLOR: refused, TERM: terminal } = environment;
  return output.isTTY === true && (refused ?? "") === "" && terminal !== "dumb";
}

/** The answer with its tokens on the colour of their confidence, and what the colours mean. */
export function paintAnswer(spans: readonly TokenSpan[]): string {
  const text = spans.map(({ text, probability }) => paint(visible(text), stepOf(probability))).join("");
  const legend = confidenceSteps.map((step) => paint(` ${step.label} `, step)).join(" ");
  return `${text}\n\n${legend}\n`;
}

/** The answer with its unlikely tokens in brackets with their probability, for outputs without colours. */
export function markAnswer(spans: readonly TokenSpan[]): string {
  const text = spans.map(({ text, probability }) => {
    const shown = visible(text);
    if (!stepOf(probability).isUnderlined) return shown;
    const [space = ""] = /^\s*/.exec(shown) ?? [];
    return `${space}[${shown.slice(space.length)}|${formatPercent(probability).replace(" ", "")}]`;
  });
  return `${text.join("")}\n`;
}

/** Line by line: a background that goes over the end of a line would fill the rest of it. */
function paint(text: string, { background, isUnderlined }: ConfidenceStep): string {
  if (background === undefined) return text;
  const codes = [blackText, `48;5;${background}`, ...(isUnderlined ? [underline] : [])].join(";");
  return text.replace(/[^\n]+/g, (line) => `\x1b[${codes}m${line}${reset}`);
}
