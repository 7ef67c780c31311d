import { countBytes, isAdapter, type ModelRecord } from "../../models/index.ts";
import type { Route } from "../route.ts";
import { toModelHead, toTime } from "./details.ts";

export const tagsRoute: Route = {
  method: "get",
  path: "/api/tags",
  summary: "List the models, the latest first",
  group: "Ollama",
  access: "key",
  answers: "application/json",
  handle: async (context, { library }) => {
    const records = (await library.list()).filter((record) => !isAdapter(record));
    const latestFirst = records.toSorted((left, right) => right.modifiedAtMs - left.modifiedAtMs);
    return context.json({ models: latestFirst.map(toTag) });
  },
};

function toTag(record: ModelRecord) {
  return { ...toModelHead(record), modified_at: toTime(record.modifiedAtMs), size: countBytes(record) };
}
