import { expect, test } from "bun:test";
import { readDevices } from "./devices.ts";
import { locateLibraries } from "./libraries.ts";

test("the devices of this machine are named, the CPU among them", async () => {
  const devices = await readDevices(await locateLibraries(""));
  expect(devices.some(({ gpu, name }) => !gpu && name.length > 0)).toBe(true);
});

test("a folder without libraries is an error that names it", async () => {
  await expect(readDevices("/nonexistent")).rejects.toThrow("/nonexistent");
});
