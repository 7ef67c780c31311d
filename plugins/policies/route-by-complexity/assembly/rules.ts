import { countCodePoints, RouteDecideInput, RouteDecideOutput, roundTo, showNumber } from "hearth-sdk";
import { classify, Task } from "./task";

const maxInputTokens: f64 = 1800;
const maxContinuationTokens: f64 = 2000;
const maxOutputTokens: f64 = 800;
const maxBoundedTokens: f64 = 1600;
const minConfidence: f64 = 0.5;

/** What the rules look at. */
class Request {
  inputTokens: f64;
  outputTokens: f64;

  constructor(
    public input: RouteDecideInput,
    public task: Task,
  ) {
    const counted = Math.ceil(<f64>countCodePoints(input.prompt) / 4);
    this.inputTokens = isNaN(input.inputTokens) ? counted : input.inputTokens;
    this.outputTokens = isNaN(input.outputTokens) ? task.usualOutputTokens() : input.outputTokens;
  }
}

class Decision {
  constructor(
    public route: string,
    public rule: string,
    public reason: string,
  ) {}
}

/** The first rule that decides wins: what must be, what can be, size, context, confidence, load, local. */
export function decideRoute(input: RouteDecideInput): RouteDecideOutput {
  const request = new Request(input, classify(input.prompt));
  let decision = byDemand(request);
  if (!decision) decision = byRemote(input);
  if (!decision) decision = bySize(request);
  if (!decision) decision = byContext(request);
  if (!decision) decision = byConfidence(input);
  if (!decision) decision = byLoad(input);
  if (!decision) decision = new Decision("local", "default", "nothing asks for a remote model");
  const output = new RouteDecideOutput();
  output.route = decision.route;
  output.rule = decision.rule;
  output.reason = decision.reason;
  output.type = request.task.type;
  output.complexity = request.task.complexity;
  output.inputTokens = request.inputTokens;
  output.outputEstimate = request.outputTokens;
  output.contextScore = input.contextScore;
  output.budgetLeft = input.budgetLeft;
  return output;
}

/** A demand for a remote model that nobody has configured cannot be met: the request is answered here and not lost. */
function byDemand(request: Request): Decision | null {
  const input = request.input;
  if (input.label == "local") return new Decision("local", "label", "the request must stay local");
  if (input.label != "remote" || !input.hasRemote) return null;
  return new Decision("remote", "label", "the request demands a remote model");
}

function byRemote(input: RouteDecideInput): Decision | null {
  if (!input.hasRemote) return new Decision("local", "no-remote", "no remote model is configured");
  if (input.budgetLeft <= 0)
    return new Decision("local", "budget-spent", "no budget is left for remote calls");
  if (input.remoteAvailable) return null;
  return new Decision("local", "remote-unavailable", "the remote model is failing and is left alone");
}

function bySize(request: Request): Decision | null {
  const task = request.task;
  const maxInput = task.isContinuation ? maxContinuationTokens : maxInputTokens;
  if (request.inputTokens > maxInput) {
    return new Decision("remote", "input-size", moreThan("the prompt", request.inputTokens, maxInput));
  }
  if (request.outputTokens > maxOutputTokens) {
    return new Decision(
      "remote",
      "output-size",
      moreThan("the answer", request.outputTokens, maxOutputTokens),
    );
  }
  const isHard = task.mentionsDesign && (task.type == "code" || task.type == "reasoning");
  const isBounded = task.isBounded && task.type == "reasoning" && request.inputTokens <= maxBoundedTokens;
  if (!isHard || isBounded) return null;
  return new Decision(
    "remote",
    "design",
    `a task of ${task.type} about design, architecture, strategy or trade-offs`,
  );
}

function byContext(request: Request): Decision | null {
  const score = request.input.contextScore;
  const complexity = request.task.complexity;
  const isEnough =
    (score > 0.85 && complexity < 6) || (score > 0.8 && complexity < 4) || (score > 0.7 && complexity < 3);
  if (!isEnough) return null;
  const values = `context of ${show(score)} for a complexity of ${show(complexity)}`;
  return new Decision("local", "context", values + " is enough to answer from");
}

function byConfidence(input: RouteDecideInput): Decision | null {
  if (isNaN(input.confidence) || roundTo(input.confidence, 4) >= minConfidence) return null;
  const values = `a confidence of ${show(input.confidence)} is below ${show(minConfidence)}`;
  return new Decision("remote", "confidence", values);
}

function byLoad(input: RouteDecideInput): Decision | null {
  return input.load >= 1 ? new Decision("remote", "load", "every local place is taken") : null;
}

function moreThan(what: string, tokens: f64, most: f64): string {
  return `${what} has ${show(tokens)} tokens, more than ${show(most)}`;
}

function show(value: f64): string {
  return showNumber(roundTo(value, 4));
}
