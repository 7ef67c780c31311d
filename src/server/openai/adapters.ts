import { z } from "@hono/zod-openapi";
import type { AdapterUse } from "../../contract/index.ts";
import { isAdapter } from "../../models/index.ts";
import { maxAdapters, maxModelIdCharacters } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import type { Route } from "../route.ts";

export const adapterRoute: Route = {
  method: "get",
  path: "/lora-adapters",
  summary: "List the LoRA adapters that a request may name in `lora`",
  group: "OpenAI",
  access: "key",
  answers: "application/json",
  handle: async (context, { library }) => {
    const adapters = (await library.list()).filter(isAdapter);
    return context.json(adapters.map(({ name, summary }) => ({ name, architecture: summary.architecture })));
  },
};

/** LoRA adapters of a request, in llama.cpp's shape; they are told apart by name, as they come and go. */
export function adapterShape() {
  const adapter = z.looseObject({
    name: z.string().min(1).max(maxModelIdCharacters).optional(),
    id: z.unknown().optional(),
    scale: z.number().optional().describe("1 by default"),
  });
  return {
    lora: z.array(adapter).max(maxAdapters).optional().describe("Adapters by name; [] uses none"),
  };
}

type AdapterBody = z.output<z.ZodObject<ReturnType<typeof adapterShape>>>;

export function fromAdapterFields({ lora }: AdapterBody): readonly AdapterUse[] | undefined {
  const names = new Set<string>();
  return lora?.map(({ name, scale }, index) => {
    const param = `lora[${index}].name`;
    if (name === undefined)
      throw invalidParameter(param, `${param}: name the adapter; they have no ids here.`);
    if (names.has(name)) throw invalidParameter(param, `${param}: "${name}" is given twice.`);
    names.add(name);
    return { name, scale: scale ?? 1 };
  });
}
