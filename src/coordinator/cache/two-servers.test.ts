import { expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryFolder } from "../../testing/index.ts";
import { openCacheWorld } from "./cache-fixture.ts";

const boil = "How do I boil an egg?";
const reworded = "Please tell me how to boil the egg";

async function close({ coordinator, database }: Awaited<ReturnType<typeof openCacheWorld>>): Promise<void> {
  await coordinator.close();
  await database.close();
}

test("two servers on one home share answers, and what one removes the other serves no more", async () => {
  using folder = createTemporaryFolder();
  const [one, other] = [await openCacheWorld(folder.path), await openCacheWorld(folder.path)];
  try {
    await one.ask(boil);
    expect((await other.ask(boil)).cache.outcome).toBe("exact");
    expect((await other.ask(reworded)).cache.outcome).toBe("semantic");
    expect(await one.cache.purge({})).toBe(1);
    expect((await other.ask(reworded)).isGenerated).toBe(true);
    expect((await one.cache.stats()).entries).toBe(1);
  } finally {
    await close(one);
    await close(other);
  }
});

test("two servers that store the same question at once leave one whole entry", async () => {
  using folder = createTemporaryFolder();
  const [one, other] = [await openCacheWorld(folder.path), await openCacheWorld(folder.path)];
  try {
    const questions = Array.from({ length: 20 }, (_, index) => `Which river is the ${index}th longest?`);
    await Promise.all([one, other].flatMap((world) => questions.map((question) => world.ask(question))));
    expect(await one.cache.stats()).toMatchObject({ entries: 20 });
    expect([...one.logs, ...other.logs]).toEqual([]);
  } finally {
    await close(one);
    await close(other);
  }
});

/** Stores answers until it is killed, and says so once there are some. */
const storing = (home: string) => `
  const { openCacheWorld } = await import(${JSON.stringify(join(import.meta.dir, "cache-fixture.ts"))});
  const world = await openCacheWorld(${JSON.stringify(home)});
  for (let index = 0; ; index++) {
    await Promise.all([0, 1, 2, 3].map((part) => world.ask("Question " + (4 * index + part) + "?")));
    if (index === 2) process.stdout.write("stored");
  }`;

test("a process that is killed while it stores leaves whole entries alone", async () => {
  using folder = createTemporaryFolder();
  const child = Bun.spawn([process.execPath, "-e", storing(folder.path)], { stdout: "pipe" });
  await child.stdout.getReader().read();
  child.kill("SIGKILL");
  await child.exited;
  const world = await openCacheWorld(folder.path);
  try {
    const { kysely } = world.database;
    const entries = await kysely.selectFrom("cache_entry").select("id").execute();
    const answers = await kysely.selectFrom("cache_answer").select("entry_id as id").execute();
    expect(entries.length).toBeGreaterThan(0);
    expect(answers).toEqual(entries);
    expect((await world.ask("Question 0?")).cache.outcome).toBe("exact");
  } finally {
    await close(world);
  }
});
