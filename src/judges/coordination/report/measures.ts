/** What a result says in words for people; the reports and the terminal share it. */
import type { Interval } from "../../statistics/bootstrap.ts";
import { type GammaLabel, minRepeatsForInterval } from "../effect.ts";
import { tokensOf } from "../meter.ts";
import type { CoordinationResult } from "../result.ts";

const labelTexts: Readonly<Record<GammaLabel, string>> = {
  helping: "helping",
  none: "no effect to speak of",
  hurting: "hurting",
};

export type MeasureRow = { readonly name: string; readonly value: string; readonly meaning: string };

/** The measures that a reader looks for, each with what it means. */
export function listMeasures(result: CoordinationResult): readonly MeasureRow[] {
  return [...listEffect(result), ...listAgreement(result), ...listCost(result)];
}

function listEffect({ effect, control }: CoordinationResult): readonly MeasureRow[] {
  if (!effect.scored) return [row("gamma", "unscored", effect.reason)];
  const { gammaComputeMatched: matched } = effect;
  return [
    row("coordinated quality", show(effect.coordinatedQuality), "of the team's final answer, from 0 to 1"),
    row("baseline quality", show(effect.baselineQuality), "of one agent alone, on average"),
    row("best single answer", show(effect.bestIndividualQuality), "of the best of the independent answers"),
    row(
      "gamma",
      effect.isGammaDefined ? withInterval(effect.gamma, effect.gammaInterval) : "undefined",
      effect.isGammaDefined
        ? `team / one agent; above 1 the team is better. Here: ${labelTexts[effect.gammaLabel]}${tellBrackets(effect.gammaInterval)}`
        : "the baseline scored 0, so there is nothing to divide by",
    ),
    row(
      "omega",
      withInterval(effect.omega, effect.omegaInterval),
      "team - best single answer; above 0 it made more than any of them",
    ),
    row(
      "gamma, same tokens",
      matched === undefined ? "-" : withInterval(matched, effect.gammaComputeMatchedInterval),
      control
        ? `team / best of ${show(control.answers)} independent answers for the same tokens; below 1 those were the better buy`
        : "not measured",
    ),
  ];
}

function listAgreement(result: CoordinationResult): readonly MeasureRow[] {
  const { consensus, redundancy, majorityRate } = result;
  const failed =
    consensus.pairsFailed > 0 ? ` (${consensus.pairsFailed} of ${consensus.pairs} pairs failed)` : "";
  return [
    row(
      "consensus",
      show(consensus.rate),
      `how alike the agents' final positions are${failed}; 1 is the same text`,
    ),
    ...(majorityRate === undefined
      ? []
      : [row("majority", show(majorityRate), "share of the agents who hold the commonest answer")]),
    row(
      "redundancy",
      show(redundancy.addingNothing),
      "share of calls whose answer another had given already",
    ),
  ];
}

function listCost({ costs, overhead }: CoordinationResult): readonly MeasureRow[] {
  const { baseline, coordinated } = costs;
  const usd = coordinated.usd > 0 ? `, ${show(coordinated.usd)} USD` : "";
  return [
    row(
      "cost of the team",
      `${coordinated.calls} calls, ${tokensOf(coordinated)} tokens${usd}`,
      overhead
        ? `${toTimes(overhead.calls)} times the calls and ${toTimes(overhead.tokens)} times the tokens of the independent answers`
        : "",
    ),
    row(
      "cost of the baseline",
      `${baseline.calls} calls, ${tokensOf(baseline)} tokens`,
      "of all independent answers, over all repeats",
    ),
  ];
}

/** One sentence that a reader can act on. */
export function toVerdict({ effect }: CoordinationResult): string {
  if (!effect.scored) return `Nothing can be said of the effect: ${effect.reason}.`;
  if (!effect.isGammaDefined) return "Nothing can be said of the effect: the independent answers scored 0.";
  if (effect.isEffective === undefined)
    return `Gamma is ${show(effect.gamma)}, but with fewer than ${minRepeatsForInterval} repeats that count this may be chance.`;
  if (effect.isEffective)
    return `Coordination was effective: gamma is ${show(effect.gamma)}, and its interval lies above 1.`;
  return `Coordination was not shown to be effective: gamma is ${show(effect.gamma)}, and its interval does not lie above 1.`;
}

export const computeCaveat =
  "The team spends more calls and tokens than one agent does, so gamma mixes the effect of coordination with that of compute. Gamma at the same tokens compares with the best of as many independent answers as the team's tokens pay for, picked by the judge.";

function toTimes(ratio: number): string {
  return String(Number(ratio.toFixed(1)));
}

/** To four decimals; a dash for what was not measured. */
export function show(value: number | undefined): string {
  return value === undefined ? "-" : String(Number(value.toFixed(4)));
}

function tellBrackets(interval: Interval | undefined): string {
  return interval ? `. In brackets: its ${show(interval.level * 100)} % interval` : "";
}

function withInterval(value: number, interval: Interval | undefined): string {
  return interval ? `${show(value)} [${show(interval.low)}, ${show(interval.high)}]` : show(value);
}

function row(name: string, value: string, meaning: string): MeasureRow {
  return { name, value, meaning };
}
