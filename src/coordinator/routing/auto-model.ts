import { AppError } from "../../base/index.ts";
import type { Engine, ModelEntry } from "../../engine/index.ts";
import type { Upstreams } from "../../upstreams/index.ts";
import type { CoordinatorSettings } from "../settings.ts";

/** The name that stands for whichever model is right for a request. */
export const autoModel = "auto";

export type AutoNames = { readonly local?: string; readonly remote?: string };
type AutoSettings = Pick<CoordinatorSettings, "routeLocal" | "routeRemote" | "models">;
type AutoUpstreams = Pick<Upstreams, "list">;

/** The models that `auto` chooses between; undefined where nobody set anything up to choose from. */
export function findAuto(settings: AutoSettings, upstreams: AutoUpstreams): AutoNames | undefined {
  const { routeLocal, routeRemote, models } = settings;
  if (routeLocal === undefined && routeRemote === undefined && upstreams.list.length === 0) return undefined;
  const local = routeLocal ?? models[0];
  const remote = routeRemote ?? firstOf(upstreams);
  return { ...(local !== undefined && { local }), ...(remote !== undefined && { remote }) };
}

/** Only what the configuration names: what a server lists may be anything, in any order. */
function firstOf({ list }: AutoUpstreams): string | undefined {
  for (const { config } of list) {
    const [model] = Object.keys(config.models);
    if (model !== undefined) return `${model}@${config.name}`;
  }
  return undefined;
}

/** The engine, which also knows `auto`; a model of this machine that is called so wins. */
export function withAuto(engine: Engine, settings: AutoSettings, upstreams: AutoUpstreams): Engine {
  const auto = findAuto(settings, upstreams);
  const stand = auto?.local ?? auto?.remote;
  if (stand === undefined) return engine;
  const resolve = async (name: string) => (isAuto(name) && !(await hasOwn(engine)) ? stand : name);
  return {
    ...engine,
    async models(options) {
      const entries = await engine.models(options);
      if (options?.isOwn || entries.some(({ id }) => isAuto(id))) return entries;
      const entry = entries.find(({ id }) => id === stand || id === `${stand}:latest`);
      return entry ? [...entries, toAutoEntry(entry)] : entries;
    },
    async find(name) {
      const resolved = await resolve(name);
      const entry = await engine.find(resolved);
      return resolved === name ? entry : toAutoEntry(entry);
    },
    load: async (name, request, signal) => await engine.load(await resolve(name), request, signal),
    unload: async (name) => await engine.unload(await resolve(name)),
    async *generate(request, signal) {
      yield* engine.generate({ ...request, model: await resolve(request.model) }, signal);
    },
    embed: async (request, signal) =>
      await engine.embed({ ...request, model: await resolve(request.model) }, signal),
    rerank: async (request, signal) =>
      await engine.rerank({ ...request, model: await resolve(request.model) }, signal),
    tokenize: async (name, text, options) => await engine.tokenize(await resolve(name), text, options),
    detokenize: async (name, tokens) => await engine.detokenize(await resolve(name), tokens),
    applyTemplate: async (request) =>
      await engine.applyTemplate({ ...request, model: await resolve(request.model) }),
  };
}

function isAuto(id: string): boolean {
  return id === autoModel || id === `${autoModel}:latest`;
}

async function hasOwn(engine: Engine): Promise<boolean> {
  try {
    await engine.find(autoModel);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "model_not_found") return false;
    throw error;
  }
}

/** What the model can do that stands behind it, under its own name. */
function toAutoEntry(entry: ModelEntry): ModelEntry {
  const { description } = entry;
  return {
    ...entry,
    id: autoModel,
    ...(description && { description: { ...description, id: autoModel } }),
  };
}
