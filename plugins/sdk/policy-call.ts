import { readJson, reportError, writeJson } from "./host";
import { Json } from "./json";

/** One call of a policy. The input is read when it is made. */
export class PolicyCall {
  protected input: Json = readJson();
  private isAnswered: bool = false;

  protected isFor(hook: string): bool {
    return this.input.get("hook").asString() == hook;
  }

  protected answer(output: Json): void {
    this.isAnswered = true;
    writeJson(output);
  }

  /** What `decide` returns. */
  run(): i32 {
    if (this.isAnswered) return 0;
    return reportError("this policy has no answer for the hook " + this.input.get("hook").asString("(none)"));
  }
}
