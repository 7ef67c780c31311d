import type { UpstreamScript } from "../../src/testing/index.ts";

/** What `work` does is said by the question, so that each step stands alone. */
export const workScript: UpstreamScript = ({ question }) => {
  if (question.includes("(out of order)")) return { fault: { type: "status", status: 500 } };
  if (question.includes("(over its limit)")) {
    return { fault: { type: "status", status: 429, retryAfter: "30" } };
  }
  if (question.includes("(breaks off)")) {
    const text = "One two three four five six seven eight.";
    return { text, fault: { type: "dies", afterPieces: 4 } };
  }
  return { text: "The large model answers at length." };
};
