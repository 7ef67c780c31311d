import type { JsonObject, JsonValue, Message, Tool } from "../../contract/index.ts";
import type { Criteria } from "../validation/criteria.ts";

/** What a whole run has to reach. */
export type Bar = {
  /** Mean over cases of the share of their answers that pass or only warn. */
  readonly passRate: number;
  readonly minScore?: number;
  readonly maxWarnings?: number;
  /** Answers that a judge was to look at and could not; those of cases that were skipped do not count. */
  readonly maxUnjudged: number;
};

/** What an answer must say, told without a judge. Each that is given has to hold. */
export type Expectation = {
  readonly equals?: string;
  readonly contains: readonly string[];
  readonly excludes: readonly string[];
  readonly startsWith?: string;
  readonly endsWith?: string;
  /** A pattern of the json-schema judge, which linear time matches. */
  readonly matches?: string;
  /** Values that the answer, read as JSON, has among its own. */
  readonly json?: JsonValue;
  readonly ignoresCase: boolean;
};

export type ExpectedCall = { readonly name: string; readonly arguments?: JsonObject };

export type CalledTool = { readonly name: string; readonly arguments: JsonValue };

/** One prompt and what is expected of its answers. */
export type SuiteCase = {
  readonly name: string;
  readonly messages: readonly Message[];
  /** What judges are told was asked: the last turn of the user. */
  readonly prompt: string;
  /** Texts that the answer should rest on. Judges see them; the model sees what the messages hold. */
  readonly context: readonly string[];
  readonly reference?: string;
  /** An answer that was made elsewhere: no model is asked. */
  readonly response?: string;
  readonly calls: readonly CalledTool[];
  readonly expect?: Expectation;
  readonly tools: readonly Tool[];
  /** Empty: no tool may be called. */
  readonly expectedCalls?: readonly ExpectedCall[];
  /** Those of `defaults`, with the case's own above them. */
  readonly criteria?: Criteria;
  readonly repetitions: number;
  /** There is one right answer, so that equal texts count and alike ones do not. */
  readonly isClosed: boolean;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly timeoutMs: number;
};

export type Suite = {
  readonly name: string;
  readonly description?: string;
  readonly model?: string;
  readonly judgeModel?: string;
  readonly seed?: number;
  readonly bar: Bar;
  readonly cases: readonly SuiteCase[];
  /** As it was given: what a run is stored with and read from again. */
  readonly source: JsonObject;
};

/** Whether a model has to answer, or all answers are there. */
export function needsModel({ cases }: Pick<Suite, "cases">): boolean {
  return cases.some(({ response }) => response === undefined);
}

export function countAnswers({ cases }: Pick<Suite, "cases">): number {
  return cases.reduce((sum, { repetitions }) => sum + repetitions, 0);
}
