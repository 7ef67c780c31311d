import { expect, test } from "bun:test";
import type { OpenStore } from "./open-store.ts";
import { createUseCounter } from "./use-counter.ts";

function create() {
  const written: (readonly [name: string, uses: number])[] = [];
  const state = { isBroken: false };
  const recordUses = async (name: string, uses: number) => {
    if (state.isBroken) throw new Error("the disk is full");
    written.push([name, uses]);
  };
  const store = { models: { recordUses } } as unknown as OpenStore;
  return { state, written, counter: createUseCounter({ read: (ask) => ask(store) }) };
}

test("uses of one name are written as one count", async () => {
  const { counter, written } = create();
  for (const name of ["a", "b", "a"]) counter.add(name);
  await counter.flush();
  expect(written).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});

test("counts that could not be written go with the next ones", async () => {
  const { counter, written, state } = create();
  state.isBroken = true;
  counter.add("a");
  await counter.flush();
  state.isBroken = false;
  counter.add("a");
  await counter.flush();
  expect(written).toEqual([["a", 2]]);
});
