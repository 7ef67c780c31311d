import { expect, test } from "bun:test";
import { fromStoredText, type StoredAnswer, toStoredText } from "./stored-answer.ts";

const citation = {
  ...{ index: 1, collection: "notes", chunkId: "chunk-1-1", source: "files/file-4f64" },
  ...{ startLine: 1, endLine: 3, score: 0.75, text: "Orchid belongs to Dana." },
};

function resting(citations: NonNullable<StoredAnswer["context"]>["citations"]): StoredAnswer {
  return {
    ...{ answeredBy: "small", text: "Dana [1].", reasoning: "" },
    usage: { promptTokens: 9, completionTokens: 3, reasoningTokens: 0 },
    context: { collections: ["notes"], mode: "words", citations },
  };
}

test("an answer that rests on an uploaded file is read again with the file's name, and one without it too", () => {
  const named = resting([{ ...citation, fileId: "file-4f64", filename: "owners.md" }]);
  expect(fromStoredText(toStoredText(named))).toEqual(named);
  const plain = resting([citation]);
  expect(fromStoredText(toStoredText(plain))).toEqual(plain);
});
