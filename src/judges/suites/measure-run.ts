/** What is measured over a complete run: how alike the answers to one prompt are, and whether scores drift. */
import type { JsonObject } from "../../contract/index.ts";
import { type AnswerConsistency, measureAnswers } from "../consistency/answer-consistency.ts";
import { hasDropped } from "../consistency/consistency.ts";
import { type DriftReport, detectDrift, toDriftBody } from "../drift/drift.ts";
import type { ScoreSeries } from "../drift/score-series.ts";
import { seriesKey } from "../drift/series-key.ts";
import type { Embedder } from "../similarity/embedder.ts";
import { mean } from "../statistics/descriptive.ts";
import type { Score } from "../statistics/score.ts";
import type { Outcome } from "./outcome.ts";
import type { Suite, SuiteCase } from "./suite.ts";
import type { SuiteSpec } from "./suite-spec.ts";
import { groupByCase, meanScore } from "./summary.ts";

/** Of larger suites the score of the whole alone is followed from run to run. */
const maxFollowedCases = 200;
const wholeSuite = "the suite as a whole";
const storedAnswers = "stored answers";

/** By the name of the case; those that were answered once are left out. Prompts are never pooled. */
export async function measureConsistency(
  embedder: Embedder,
  { cases }: Suite,
  outcomes: readonly Outcome[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, JsonObject>>> {
  const closed = new Set(cases.flatMap(({ name, isClosed }) => (isClosed ? [name] : [])));
  const measured: [string, JsonObject][] = [];
  for (const [name, own] of groupByCase(outcomes)) {
    const answers = own.filter(({ error, verdict }) => !error && verdict !== "abstain").map(toText);
    if (answers.length < 2) continue;
    const consistency = await measureAnswers(embedder, answers, signal);
    measured.push([name, toConsistencyBody(consistency, closed.has(name))]);
  }
  return Object.fromEntries(measured);
}

/** A call of a tool is an answer too. */
function toText({ answer, calls }: Outcome): string {
  return calls.length === 0 ? answer : `${answer}\n${JSON.stringify(calls)}`;
}

function toConsistencyBody(measured: AnswerConsistency, isClosed: boolean): JsonObject {
  const { answers, embedder, consistency, legacyC, legacyBand, exactMatch, majority } = measured;
  return {
    ...{ answers, embedder, consistency: toScoreBody(consistency), legacy_C: toScoreBody(legacyC) },
    ...(legacyBand && { legacy_band: legacyBand }),
    ...(isClosed && { exact_match: toScoreBody(exactMatch), majority_rate: toScoreBody(majority) }),
  };
}

function toScoreBody(score: Score): JsonObject | number {
  return score.scored ? score.value : { unscored: score.reason };
}

/** Adds the scores of a run to those of earlier ones. Tells of the whole suite, and of cases that have any flag up. */
export async function followScores(
  series: ScoreSeries,
  { suite, model, judgeModel }: SuiteSpec,
  outcomes: readonly Outcome[],
): Promise<readonly JsonObject[]> {
  const byCase = groupByCase(outcomes);
  const by = { model: model?.digest ?? storedAnswers, judge: judgeModel?.digest ?? "none" };
  const rows = [
    {
      ...{ name: wholeSuite, score: meanScore(outcomes) },
      key: seriesKey({ ...by, task: suite.name, criteria: suite.cases.map(describeTask) }),
    },
    ...followedCases(suite).map((entry) => ({
      ...{ name: entry.name, score: meanScore(byCase.get(entry.name) ?? []) },
      key: seriesKey({ ...by, task: describeTask(entry), criteria: entry.name }),
    })),
  ];
  const bodies: JsonObject[] = [];
  for (const { name, score, key } of rows) {
    if (score === undefined) continue;
    await series.add(key, score);
    const report = detectDrift(await series.read(key));
    if (name === wholeSuite || hasFlag(report)) bodies.push({ of: name, flags: toDriftBody(report) });
  }
  return bodies;
}

/** Adds what `measureConsistency` found to what earlier runs had. Tells of cases whose legacy_C fell by more than 0.1. */
export async function followConsistency(
  series: ScoreSeries,
  { suite, model }: SuiteSpec,
  consistency: Readonly<Record<string, JsonObject>>,
): Promise<readonly JsonObject[]> {
  const bodies: JsonObject[] = [];
  for (const entry of followedCases(suite)) {
    const { legacy_C: value, embedder } = consistency[entry.name] ?? {};
    if (typeof value !== "number") continue;
    const by = { model: model?.digest ?? storedAnswers, judge: `likeness by ${embedder}` };
    const key = seriesKey({ ...by, task: describeTask(entry), criteria: [entry.name, "legacy_C"] });
    const earlier = await series.read(key);
    await series.add(key, value);
    if (earlier.length === 0 || !hasDropped(value, mean(earlier))) continue;
    bodies.push({ of: entry.name, flags: { legacy_C: { drop: true, value, baseline: mean(earlier) } } });
  }
  return bodies;
}

function followedCases({ cases }: Suite): readonly SuiteCase[] {
  return cases.length > maxFollowedCases ? [] : cases;
}

/** All that is asked of the model and of its answer: scores of a case that was changed are another series. */
function describeTask({ messages, tools, expect, expectedCalls, criteria, reference }: SuiteCase): string {
  return JSON.stringify({ messages, tools, expect, expectedCalls, criteria, reference });
}

function hasFlag({ legacy, pageHinkley, adwin, anomaly }: DriftReport): boolean {
  const hasAlarm = pageHinkley.drop !== undefined || pageHinkley.rise !== undefined;
  return legacy.isDrift || hasAlarm || adwin.length > 0 || (anomaly.scored && anomaly.level !== "none");
}
