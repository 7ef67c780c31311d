import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { AppError } from "../base/index.ts";
import { databasePath } from "../config/index.ts";
import { openHomeDatabase } from "../store/index.ts";
import { createFakeCli, createFakeIo, createTemporaryFolder } from "../testing/index.ts";
import { type Check, doctor } from "./doctor.ts";
import { type Machine, thisMachine } from "./machine.ts";

const healthy: Machine = {
  platform: "linux-x64",
  freeMemoryBytes: () => 8 * 2 ** 30,
  freeDiskBytes: () => 10 * 2 ** 30,
  cpuFeatures: () => ["avx2", "fma"],
  tryListen: () => undefined,
  loadedCpuVariants: () => ["haswell"],
};

function fail(message: string): never {
  throw new AppError("server_error", message);
}

const isStore = (folder: string) => folder.endsWith("/models");

async function examine(
  machine: Partial<Machine>,
  broken: { createApp?: boolean; locateLibraries?: boolean; openLibrary?: boolean } = {},
  homePath?: string,
) {
  using home = createTemporaryFolder();
  const world = createFakeIo();
  const { deps } = createFakeCli(world);
  const code = await doctor(
    {
      ...deps,
      createApp: broken.createApp ? async () => fail("signal SIGILL") : deps.createApp,
      openLibrary: broken.openLibrary ? async () => fail("database is malformed") : deps.openLibrary,
      locateLibraries: broken.locateLibraries ? async () => fail("no compiler") : deps.locateLibraries,
    },
    { flags: { home: homePath ?? home.path }, json: true },
    { ...healthy, ...machine },
  );
  const checks: readonly Check[] = JSON.parse(world.output()).checks;
  return { code, checks, notOk: checks.filter((check) => check.status !== "ok") };
}

test("a healthy machine passes every check", async () => {
  const { code, checks, notOk } = await examine({});
  expect(code).toBe(0);
  expect(notOk).toEqual([]);
  expect(checks.map((check) => check.name)).toEqual([
    "libraries",
    "engine",
    "cpu",
    "memory",
    "disk",
    "models",
    "port",
  ]);
  expect(checks.find((check) => check.name === "cpu")?.found).toContain("haswell library; avx2 fma");
});

test.each<
  [
    string,
    Partial<Machine>,
    { createApp?: boolean; locateLibraries?: boolean; openLibrary?: boolean },
    string,
  ]
>([
  ["libraries", {}, { locateLibraries: true }, "install g++"],
  ["engine", {}, { createApp: true }, "--log-level debug"],
  ["memory", { freeMemoryBytes: () => 2 ** 20 }, {}, "small model"],
  ["disk", { freeDiskBytes: (folder) => (isStore(folder) ? 2 ** 40 : 2 ** 20) }, {}, "set HEARTH_HOME"],
  [
    "disk",
    { freeDiskBytes: (folder) => (isStore(folder) ? 2 ** 40 : fail("read-only")) },
    {},
    "set HEARTH_HOME",
  ],
  ["models", { freeDiskBytes: (folder) => (isStore(folder) ? fail("read-only") : 2 ** 40) }, {}, "writable"],
  ["models", {}, { openLibrary: true }, "hearth.db"],
  ["port", { tryListen: () => fail("in use") }, {}, "--port"],
])("a failing %s check says how to mend it and ends with code 1", async (name, machine, broken, mend) => {
  const { code, notOk } = await examine(machine, broken);
  expect(code).toBe(1);
  expect(notOk).toMatchObject([{ name, status: "failed", mend: expect.stringContaining(mend) }]);
});

test("a database that is damaged where no model is read fails the models check, with what to move away", async () => {
  using home = createTemporaryFolder();
  await (await openHomeDatabase(home.path)).close();
  const path = databasePath(home.path);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, bytes.byteLength - 4096));
  const { code, notOk } = await examine({}, {}, home.path);
  expect(code).toBe(1);
  expect(notOk).toMatchObject([
    {
      ...{ name: "models", status: "failed" },
      found: expect.stringContaining(`the database ${path} is damaged`),
      mend: expect.stringContaining("hearth.db-wal"),
    },
  ]);
});

test("a slow CPU is a warning and no failure", async () => {
  const { code, notOk } = await examine({ cpuFeatures: () => ["sse4_2"] });
  expect(code).toBe(0);
  expect(notOk).toMatchObject([{ name: "cpu", status: "warning", mend: expect.stringContaining("AVX2") }]);
});

test("a disk with little room for models is a warning", async () => {
  const { code, notOk } = await examine({ freeDiskBytes: () => 2 ** 30 });
  expect(code).toBe(0);
  expect(notOk).toMatchObject([
    { name: "models", status: "warning", mend: expect.stringContaining("hearth rm") },
  ]);
});

test("this machine's facts are read", () => {
  using home = createTemporaryFolder();
  expect(thisMachine.freeMemoryBytes()).toBeGreaterThan(2 ** 20);
  expect(thisMachine.freeDiskBytes(home.file("new"))).toBeGreaterThan(0);
  thisMachine.tryListen("127.0.0.1", 0);
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  expect(() => thisMachine.tryListen("127.0.0.1", taken.port)).toThrow();
  taken.stop(true);
});
