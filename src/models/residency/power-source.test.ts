import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder } from "../../testing/index.ts";
import { type PowerSource, readPowerSource } from "./power-source.ts";

type Supplies = Readonly<Record<string, Readonly<Record<string, string>>>>;

async function readFrom(supplies: Supplies): Promise<PowerSource> {
  using folder = createTemporaryFolder();
  for (const [name, values] of Object.entries(supplies)) {
    mkdirSync(folder.file(name));
    for (const [key, value] of Object.entries(values)) {
      writeFileSync(join(folder.file(name), key), `${value}\n`);
    }
  }
  return await readPowerSource(folder.path);
}

const adapter = { type: "Mains", online: "1" };
const unplugged = { type: "Mains", online: "0" };
const drained = { type: "Battery", status: "Discharging", scope: "System" };

const machines: readonly (readonly [string, Supplies, PowerSource])[] = [
  ["a laptop that is plugged in", { AC: adapter, BAT0: { type: "Battery", status: "Full" } }, "mains"],
  ["a laptop that is not", { AC: unplugged, BAT0: drained }, "battery"],
  ["a laptop with a charger too weak for it", { AC: adapter, BAT0: drained }, "mains"],
  ["a laptop that charges over USB", { usb: { type: "USB", online: "1" }, BAT0: drained }, "mains"],
  ["a battery that is charged", { BAT0: { type: "Battery", status: "Charging" } }, "mains"],
  ["a battery that is full", { BAT0: { type: "Battery", status: "Full" } }, "mains"],
  [
    "two batteries, one of them drained",
    { BAT0: { type: "Battery", status: "Not charging" }, BAT1: drained },
    "battery",
  ],
  ["a UPS that stands in", { ups: { type: "UPS", status: "Discharging" } }, "battery"],
  [
    "a desktop with a wireless mouse",
    { mouse: { type: "Battery", status: "Discharging", scope: "Device" } },
    "unknown",
  ],
  ["a supply that says nothing", { odd: {} }, "unknown"],
  ["no supply", {}, "unknown"],
];

for (const [name, supplies, expected] of machines) {
  test(`power of ${name}: ${expected}`, async () => {
    expect(await readFrom(supplies)).toBe(expected);
  });
}

test("a machine without the folder has an unknown power source", async () => {
  using folder = createTemporaryFolder();
  expect(await readPowerSource(folder.file("absent"))).toBe("unknown");
});

test("the power source of this machine can be asked for", async () => {
  expect(["mains", "battery", "unknown"]).toContain(await readPowerSource());
});
