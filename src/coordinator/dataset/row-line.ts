import type { JsonObject } from "../../contract/index.ts";
import type { DatasetFormat } from "./export-request.ts";

/** One for every row: what was said to each model differs, and is not what is to be learnt. */
export const systemSentence = "You are a helpful assistant.";

export type DatasetRow = {
  readonly id: string;
  readonly query: string;
  readonly response: string;
  readonly model: string;
  readonly value: number;
  readonly terms: JsonObject;
  /** Hexadecimal SHA-256 of query and response as they are written. */
  readonly hash: string;
};

/** One line of a file, with its end. */
export function toLine(row: DatasetRow, format: DatasetFormat): string {
  const { id, model, value, terms, hash } = row;
  const metadata = { id, model, value, value_terms: terms, hash };
  return `${JSON.stringify({ ...toContent(row, format), metadata })}\n`;
}

function toContent({ query, response }: DatasetRow, format: DatasetFormat): JsonObject {
  switch (format) {
    case "chat":
      return {
        messages: [
          { role: "system", content: systemSentence },
          { role: "user", content: query },
          { role: "assistant", content: response },
        ],
      };
    case "instruction":
      return { instruction: query, output: response, context: "" };
    case "instruction-input":
      return { instruction: query, input: "", output: response };
    default:
      return format satisfies never;
  }
}
