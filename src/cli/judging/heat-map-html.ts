import { type ConfidenceStep, confidenceSteps, stepOf } from "./confidence.ts";
import { describeSpan, escapeMarkup, type HeatMap } from "./heat-map-content.ts";

const style = `
  :root { color-scheme: light dark; }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.25rem; }
  h2 { font-size: 1rem; }
  pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
  .prompt { opacity: 0.75; }
  .answer { font-size: 1.1rem; line-height: 1.9; }
  ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.5rem; }
  li span { padding: 0.1rem 0.5rem; }
  th { text-align: left; font-weight: normal; padding-right: 2rem; }
`;

/** A page without scripts; pointing at a token shows what else could have stood there. */
export function formatHtml({ title, prompt, spans, figures }: HeatMap): string {
  const answer = spans.map((span) => formatSpan(span.text, stepOf(span.probability), describeSpan(span)));
  const legend = confidenceSteps.map((step) => `<li>${formatSpan(step.label, step)}</li>`);
  const rows = figures.map(
    ([name, value]) => `<tr><th scope="row">${escapeMarkup(name)}</th><td>${escapeMarkup(value)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeMarkup(title)}</title>
<style>${style}${confidenceSteps.map(formatRule).join("")}</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
<pre class="prompt">${escapeMarkup(prompt)}</pre>
<pre class="answer">${answer.join("")}</pre>
<h2>Chance of a token</h2>
<ul>${legend.join("")}</ul>
<table>${rows.join("")}</table>
</body>
</html>
`;
}

function formatSpan(text: string, step: ConfidenceStep, hint?: string): string {
  const title = hint === undefined ? "" : ` title="${escapeMarkup(hint)}"`;
  return `<span class="${className(step)}"${title}>${escapeMarkup(text)}</span>`;
}

function className(step: ConfidenceStep): string {
  return `step-${confidenceSteps.indexOf(step)}`;
}

/** Black on the colour of the step, in dark pages too. */
function formatRule(step: ConfidenceStep): string {
  if (step.fill === undefined) return "";
  const line = step.isUnderlined ? " text-decoration: underline;" : "";
  return `  .${className(step)} { background: ${step.fill}; color: #000;${line} }\n`;
}
