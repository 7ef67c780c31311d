import { expect, test } from "bun:test";
import { findEmbeddingPrompts } from "./embedding-prompts.ts";

const passageSearch = "Represent this sentence for searching relevant passages: ";

test.each([
  ["nomic-embed-text:latest", "search_query: ", "search_document: ", "clustering: "],
  ["hf.co/nomic-ai/nomic-embed-text-v2-moe-GGUF:Q8_0", "search_query: ", "search_document: ", "clustering: "],
  ["hf.co/org/multilingual-e5-small-GGUF", "query: ", "passage: ", "query: "],
  ["e5-base-v2.Q8_0", "query: ", "passage: ", "query: "],
  ["multilingual-e5-large-instruct", "", "", ""],
  ["hf.co/CompendiumLabs/bge-small-en-v1.5-gguf", passageSearch, "", ""],
  ["bge-m3:latest", "", "", ""],
  ["mxbai-embed-large:latest", passageSearch, "", ""],
  ["snowflake-arctic-embed:110m", passageSearch, "", ""],
  ["snowflake-arctic-embed2:latest", "query: ", "", ""],
  ["hf.co/Snowflake/snowflake-arctic-embed-m-v2.0", "query: ", "", ""],
  [
    "embeddinggemma:latest",
    "task: search result | query: ",
    "title: none | text: ",
    "task: sentence similarity | query: ",
  ],
  ["all-minilm:latest", "", "", ""],
  ["granite-embedding:30m", "", "", ""],
])(
  "%s wants what its card says before a question, a text and one of two texts",
  (name, query, document, similarity) => {
    expect(findEmbeddingPrompts(name)).toEqual({ query, document, similarity });
  },
);

test("a model that follows instructions gets one before a question alone", () => {
  const { query, document } = findEmbeddingPrompts("qwen3-embedding:0.6b");
  expect(query).toMatch(/^Instruct: .*\nQuery:$/);
  expect(document).toBe("");
});

test("a model under a name of its own is known by the title in its file", () => {
  expect(findEmbeddingPrompts("mine:latest", "Nomic Embed Text v1.5").query).toBe("search_query: ");
  expect(findEmbeddingPrompts("mine:latest", undefined).query).toBe("");
});
