import { createFakeClock } from "../../testing/index.ts";
import type { Demand, Lease, ResidencyOptions } from "./demand.ts";
import { createResidency, type Residency } from "./residency.ts";

/** What a host process stands for: a model that takes memory from the begin of its load until it is really gone. */
export type FakeModel = {
  readonly id: string;
  readonly demand: Demand;
  readonly signal: AbortSignal;
  state: "loading" | "ready" | "unloading" | "gone";
  finishLoad(): Promise<void>;
  failLoad(error?: unknown): Promise<void>;
  finishUnload(): Promise<void>;
  failUnload(error: unknown): Promise<void>;
  die(): Promise<void>;
};

/** A request; `lease` and `error` are there once it is answered. */
export type Asked = {
  readonly id: string;
  readonly demand: Demand;
  readonly order: number;
  state: "waiting" | "served" | "released" | "refused" | "aborted";
  lease?: Lease<FakeModel>;
  error?: unknown;
  release(): Promise<void>;
  abort(): Promise<void>;
};

export type World = {
  readonly residency: Residency<FakeModel>;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** Every model whose load was begun, in order, also those that are gone. */
  readonly models: readonly FakeModel[];
  readonly events: string[];
  ask(id: string, demand?: Partial<Demand>): Promise<Asked>;
  /** Asks, finishes the load where there is one, and releases. */
  use(id: string, demand?: Partial<Demand>): Promise<void>;
  /** The newest of that name. */
  model(id: string): FakeModel;
  /** Names of what takes memory, in the order of loading. */
  inMemory(): readonly string[];
};

export type WorldOptions = Partial<ResidencyOptions> & {
  /** Ends loads and unloads as soon as they begin. */
  readonly isQuick?: boolean;
  readonly onLoad?: (id: string, demand: Demand) => void;
  readonly onUnload?: (model: FakeModel) => void;
};

/** Lets everything run that waits for nothing but its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const plainDemand: Demand = { bytes: 10, deviceBytes: 0, contextTokens: 4096, variant: "" };

/** A residency over models that load and unload when the test says so. Models take 10 bytes of 30 unless said otherwise. */
export function createWorld({ isQuick = false, onLoad, onUnload, ...options }: WorldOptions = {}): World {
  const clock = createFakeClock(1000);
  const models: FakeModel[] = [];
  const events: string[] = [];
  const unloads = new Map<FakeModel, PromiseWithResolvers<void>>();
  let asked = 0;

  function load(id: string, demand: Demand, signal: AbortSignal): Promise<FakeModel> {
    onLoad?.(id, demand);
    const ready = Promise.withResolvers<FakeModel>();
    const model = createModel({ id, demand, signal }, ready, unloads, (gone) => residency.lost(id, gone));
    models.push(model);
    if (isQuick) void model.finishLoad();
    return ready.promise;
  }

  function unload(_id: string, model: FakeModel): Promise<void> {
    onUnload?.(model);
    const gone = Promise.withResolvers<void>();
    unloads.set(model, gone);
    if (model.state !== "gone") model.state = "unloading";
    if (isQuick || model.state === "gone") void model.finishUnload();
    return gone.promise;
  }

  const residency = createResidency<FakeModel>(
    {
      budgetBytes: 30,
      deviceBudgetBytes: 0,
      maxModels: 10,
      policy: "lru",
      keepAliveMs: Number.POSITIVE_INFINITY,
      keepAlives: new Map(),
      pinned: [],
      priorities: new Map(),
      maxWaiting: 100,
      ...options,
    },
    { clock, load, unload, observer: createObserver(events) },
  );

  async function ask(id: string, demand: Partial<Demand> = {}): Promise<Asked> {
    asked += 1;
    const request = createAsked(residency, id, { ...plainDemand, ...demand }, asked);
    await settle();
    return request;
  }

  async function use(id: string, demand: Partial<Demand> = {}): Promise<void> {
    const request = await ask(id, demand);
    for (const model of models) if (model.state === "unloading") await model.finishUnload();
    if (request.state === "waiting") await findModel(models, id).finishLoad();
    await request.release();
  }

  return {
    residency,
    clock,
    models,
    events,
    ask,
    use,
    model: (id) => findModel(models, id),
    inMemory: () => models.filter(({ state }) => state !== "gone").map(({ id }) => id),
  };
}

function createModel(
  given: Pick<FakeModel, "id" | "demand" | "signal">,
  ready: PromiseWithResolvers<FakeModel>,
  unloads: ReadonlyMap<FakeModel, PromiseWithResolvers<void>>,
  onDeath: (model: FakeModel) => void,
): FakeModel {
  const model: FakeModel = {
    ...given,
    state: "loading",
    async finishLoad() {
      model.state = "ready";
      ready.resolve(model);
      await settle();
    },
    async failLoad(error = new Error("the load failed")) {
      model.state = "gone";
      ready.reject(error);
      await settle();
    },
    async finishUnload() {
      model.state = "gone";
      unloads.get(model)?.resolve();
      await settle();
    },
    async failUnload(error) {
      model.state = "gone";
      unloads.get(model)?.reject(error);
      await settle();
    },
    async die() {
      model.state = "gone";
      onDeath(model);
      unloads.get(model)?.resolve();
      await settle();
    },
  };
  return model;
}

function createAsked(residency: Residency<FakeModel>, id: string, demand: Demand, order: number): Asked {
  const controller = new AbortController();
  const request: Asked = {
    id,
    demand,
    order,
    state: "waiting",
    async release() {
      if (request.state === "served") request.state = "released";
      request.lease?.release();
      await settle();
    },
    async abort() {
      if (request.state === "waiting") request.state = "aborted";
      controller.abort(new Error(`${id} is not wanted`));
      await settle();
    },
  };
  residency.acquire(id, demand, controller.signal).then(
    (lease) => {
      request.lease = lease;
      request.state = "served";
    },
    (error: unknown) => {
      request.error = error;
      if (request.state === "waiting") request.state = "refused";
    },
  );
  return request;
}

function findModel(models: readonly FakeModel[], id: string): FakeModel {
  const model = models.findLast((one) => one.id === id);
  if (!model) throw new Error(`${id} was never loaded`);
  return model;
}

function createObserver(events: string[]) {
  return {
    hit: (id: string) => void events.push(`hit ${id}`),
    miss: (id: string) => void events.push(`miss ${id}`),
    loaded: (id: string, ms: number) => void events.push(`loaded ${id} ${ms}`),
    preloaded: (id: string) => void events.push(`preloaded ${id}`),
    evicted: (id: string, reason: string) => void events.push(`evicted ${id} ${reason}`),
    waited: (id: string, ms: number) => void events.push(`waited ${id} ${ms}`),
    unloadFailed: (id: string, error: unknown) => void events.push(`unloadFailed ${id} ${error}`),
  };
}
