import { expect, test } from "bun:test";
import { createTurn } from "./turn.ts";

test("one at a time has the turn, in the order in which they asked", async () => {
  const turn = createTurn();
  const seen: string[] = [];
  let inside = 0;
  const run = async (name: string) => {
    await turn.take();
    inside += 1;
    expect(inside).toBe(1);
    seen.push(name);
    await Promise.resolve();
    inside -= 1;
    turn.give();
  };
  await Promise.all(["a", "b", "c", "d"].map(run));
  await run("e");
  expect(seen).toEqual(["a", "b", "c", "d", "e"]);
});

test("who asks at the moment it is given on comes after who waited", async () => {
  const turn = createTurn();
  const seen: string[] = [];
  await turn.take();
  const waiting = turn.take().then(() => seen.push("waiting"));
  turn.give();
  const late = turn.take().then(() => seen.push("late"));
  await waiting;
  expect(seen).toEqual(["waiting"]);
  turn.give();
  await late;
  expect(seen).toEqual(["waiting", "late"]);
});
