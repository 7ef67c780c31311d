import { expect, test } from "bun:test";
import { withAuto } from "../coordinator/index.ts";
import { createFakeClock, createFakeEngine, startUpstreamFixture } from "../testing/index.ts";
import { createUpstreams, withUpstreams } from "../upstreams/index.ts";
import { findModel } from "./find-model.ts";

test("the only model of this machine is meant where none is named, whatever upstreams have", async () => {
  await using fixture = await startUpstreamFixture();
  const upstreams = createUpstreams({
    upstreams: [fixture.config("work", { models: { big: {} } })],
    readVariable: () => undefined,
    ...{ fetch, clock: createFakeClock(), now: Date.now },
    logger: { warn: () => undefined },
  });
  const local = createFakeEngine({ models: ["small"] });
  const engine = withAuto(
    withUpstreams(local, upstreams),
    { models: ["small"], routeRemote: "big@work" },
    upstreams,
  );
  expect((await engine.models()).map(({ id }) => id)).toContain("auto");
  expect((await findModel(engine, undefined)).id).toBe("small");
});
