import { expect, test } from "bun:test";
import { optionGroups } from "./option-groups.ts";
import { configKeys } from "./options.ts";

test("every option is told of under one title", () => {
  const told = optionGroups.flatMap(({ keys }) => keys);
  expect(told.toSorted()).toEqual(configKeys.toSorted());
});
