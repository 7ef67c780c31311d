import { expect, test } from "bun:test";
import { AdapterTable } from "./adapters.ts";

function createTable(adapters: { name: string; path: string }[] = []) {
  const read: string[] = [];
  const backend = { loadAdapter: (path: string) => read.push(path) - 1 };
  return { read, table: new AdapterTable(backend, { adapters, defaultAdapters: [] }) };
}

test("a name that was given to another file means that file from then on", () => {
  const { table, read } = createTable([{ name: "style", path: "/blobs/v1" }]);
  const before = table.resolve([{ name: "style", scale: 1 }]);
  table.offer([{ name: "style", path: "/blobs/v2" }]);
  expect(table.mustLoad([{ name: "style", scale: 1 }])).toBe(true);
  expect(table.resolve([{ name: "style", scale: 1 }]).key).not.toBe(before.key);
  expect(read).toEqual(["/blobs/v1", "/blobs/v2"]);
});

test("two names of one file are read once, compute the same and add up", () => {
  const { table, read } = createTable();
  table.offer(["style", "style:latest"].map((name) => ({ name, path: "/blobs/v1" })));
  const [one, other, both] = [
    table.resolve([{ name: "style", scale: 1 }]),
    table.resolve([{ name: "style:latest", scale: 1 }]),
    table.resolve(["style", "style:latest"].map((name) => ({ name, scale: 0.5 }))),
  ];
  expect([other, both]).toEqual([one, one]);
  expect(read).toEqual(["/blobs/v1"]);
});

test("adapters beyond what a model keeps in memory are refused, and those that are there go on", () => {
  const { table } = createTable();
  const use = (index: number) => {
    table.offer([{ name: `a${index}`, path: `/blobs/${index}` }]);
    return table.resolve([{ name: `a${index}`, scale: 1 }]);
  };
  for (let index = 0; index < 64; index += 1) use(index);
  expect(() => use(64)).toThrow(/64 in memory.*unload/);
  expect(use(0).indices).toHaveLength(1);
});
