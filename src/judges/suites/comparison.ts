import { comparePaired, type PairedDifference } from "../statistics/bootstrap.ts";
import { mean } from "../statistics/descriptive.ts";
import { createRandom } from "../statistics/random.ts";
import { roundScore } from "../verdict.ts";
import type { CaseReport, SuiteReport } from "./suite-report.ts";

/** With fewer, an interval says little: of so few cases one model can be better in all by chance. */
export const minComparedCases = 8;
/** Share of wrong findings among comparisons of models that are alike, over all pairs of models. */
const errorRate = 0.05;

/** The best model against another. */
export type ModelComparison = {
  readonly model: string;
  readonly against: string;
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Cases in which both have a score. */
  readonly cases: number;
  /** Of the scores, best − other; absent where no case can be compared. */
  readonly paired?: PairedDifference;
};

export type Recommendation =
  | { readonly model: string; readonly reason: string }
  | { readonly model?: undefined; readonly reason: string };

export type Comparison = {
  /** The best first; those without a score last. */
  readonly ranking: readonly {
    readonly model: string;
    readonly score?: number;
    readonly passRate?: number;
  }[];
  readonly pairs: readonly ModelComparison[];
  readonly recommendation: Recommendation;
};

/** A model under the name that it is told by; the same model may stand for itself twice. */
export type Contender = { readonly model: string; readonly report: SuiteReport };

/**
 * Compares models case by case over the mean of each case's answers. The best is recommended where it is better than
 * each of the others: every interval excludes 0, at a level that Bonferroni widened over all pairs, for the best was
 * chosen by the same scores.
 */
export async function compareModels(contenders: readonly Contender[], seed: number): Promise<Comparison> {
  const ranked = contenders
    .map(({ model, report }) => ({ model, report, ...scoreOf(report) }))
    .toSorted((left, right) => (right.score ?? -1) - (left.score ?? -1));
  const ranking = ranked.map(({ report: _, ...row }) => row);
  const [best, ...others] = ranked;
  if (!best || others.length === 0) {
    return { ranking, pairs: [], recommendation: { reason: "there are no two models with complete runs" } };
  }
  const allPairs = (contenders.length * (contenders.length - 1)) / 2;
  const random = createRandom(seed);
  const pairs: ModelComparison[] = [];
  for (const other of others) {
    const options = { level: 1 - errorRate / allPairs, seed: Math.floor(random() * 2 ** 31) };
    pairs.push(await comparePair(best, other, options));
  }
  return { ranking, pairs, recommendation: recommend(best.model, pairs) };
}

function scoreOf({ summary }: SuiteReport) {
  const { score, passRate } = summary;
  return {
    ...(score.scored && { score: score.value }),
    ...(passRate.scored && { passRate: passRate.value }),
  };
}

async function comparePair(
  best: Contender,
  other: Contender,
  options: { readonly level: number; readonly seed: number },
): Promise<ModelComparison> {
  const theirs = new Map(other.report.cases.map((entry) => [entry.name, entry]));
  const shared = best.report.cases.flatMap((entry) => toPair(entry, theirs.get(entry.name)));
  const differences = shared.map(({ first, second }) => roundScore(second - first));
  const count = (holds: (difference: number) => boolean) => differences.filter(holds).length;
  return {
    ...{ model: best.model, against: other.model, cases: shared.length },
    wins: count((difference) => difference > 0),
    ties: count((difference) => difference === 0),
    losses: count((difference) => difference < 0),
    ...(shared.length > 0 && {
      paired: await comparePaired(
        shared.map(({ first }) => first),
        shared.map(({ second }) => second),
        options,
      ),
    }),
  };
}

/** `second` is the best's, so that a positive difference speaks for it. */
function toPair(own: CaseReport, other: CaseReport | undefined) {
  if (own.score === undefined || other?.score === undefined) return [];
  return [{ first: other.score, second: own.score }];
}

function recommend(best: string, pairs: readonly ModelComparison[]): Recommendation {
  const few = pairs.find(({ cases }) => cases < minComparedCases);
  if (few) {
    const reason = `${few.cases} cases have a score from ${best} and ${few.against}; ${minComparedCases} are needed to recommend one`;
    return { reason };
  }
  const like = pairs.filter(({ paired }) => !paired?.isDifferent).map(({ against }) => against);
  if (like.length > 0) {
    return {
      reason: `these cases do not tell ${best} from ${like.join(", ")}: the interval of the difference holds 0`,
    };
  }
  const level = pairs[0]?.paired?.interval.level ?? 1 - errorRate;
  const gain = mean(pairs.flatMap(({ paired }) => (paired ? [paired.difference] : [])));
  return {
    model: best,
    reason: `its score is higher by ${roundScore(gain)} on average, and every ${roundScore(level * 100)} % interval excludes 0`,
  };
}
