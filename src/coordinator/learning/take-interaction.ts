import type { GenerateInput, Message } from "../../contract/index.ts";
import { mayNameUpstream } from "../../upstreams/index.ts";
import type { GenerationRecord } from "../recorder.ts";
import { maxContextIds, type NewInteraction } from "./interaction.ts";

/** What is to be remembered of a generation; undefined where it did not finish, or no client asked. */
export function takeInteraction(record: GenerationRecord): NewInteraction | undefined {
  const { request, receipt, usage } = record;
  if (record.outcome !== "finished" || request.isInteraction !== true) return undefined;
  const { query, system } = readQuestion(request.input);
  const route = receipt?.route.kind ?? "local";
  const model = receipt?.answeredBy ?? record.model;
  return {
    ...{ id: record.id, tenant: record.tenant, origin: "served", query, response: record.answer },
    ...(system !== undefined && { system }),
    ...{ model, route, agentType: isRemote(model, route) ? "remote" : "local" },
    promptTokens: usage?.promptTokens ?? 0,
    completionTokens: usage?.completionTokens ?? 0,
    latencyMs: Math.max(0, record.e2eMs),
    contextIds: (receipt?.context?.citations ?? []).slice(0, maxContextIds).map(({ chunkId }) => chunkId),
    collections: receipt?.context?.collections ?? [],
    tags: request.tags ?? [],
    consent: request.consent === true,
    isPrivate: request.privacy === "local",
  };
}

/** A stored answer counts as what first made it. */
function isRemote(model: string, route: NewInteraction["route"]): boolean {
  return route === "remote" || (route === "cache" && mayNameUpstream(model));
}

/** The last message of the user and the system's, or the whole prompt; tokens have no text. */
export function readQuestion(input: GenerateInput): { readonly query: string; readonly system?: string } {
  if (input.type === "text") return { query: input.text };
  if (input.type === "infill") return { query: `${input.prefix}${input.suffix}` };
  if (input.type === "tokens") return { query: "" };
  const system = input.messages.filter(isOf("system")).map(({ content }) => content);
  const query = input.messages.findLast(isOf("user"))?.content ?? input.renderedPrompt ?? "";
  return { query, ...(system.length > 0 && { system: system.join("\n\n") }) };
}

function isOf(role: Message["role"]) {
  return (message: Message) => message.role === role;
}
