import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type CostRecord, CostTable } from "./cost-table.ts";

const table = (decodeMs: Record<string, number>, prefill: CostRecord["prefill"] = {}) =>
  new CostTable({ decodeMs, prefill });

describe("the cost table", () => {
  test("decodes one at a time where a step of two costs more than two steps", () => {
    const measured = table({ 1: 16, 2: 43, 4: 59, 8: 63, 16: 77 });
    expect(measured.groupSize(2)).toBe(1);
    expect(measured.groupSize(8)).toBe(8);
    expect(measured.groupSize(16)).toBe(16);
  });

  test("decodes all together while nothing is known, and where the gain is small", () => {
    expect(new CostTable().groupSize(7)).toBe(7);
    expect(table({ 1: 10, 2: 21 }).groupSize(2)).toBe(2);
  });

  test("interpolates between measured sizes and knows nothing beyond them", () => {
    expect(table({ 4: 40, 8: 60 }).decodeMs(6)).toBe(50);
    expect(table({ 4: 40 }).decodeMs(5)).toBeUndefined();
  });

  test("a busy machine does not change the plan", () => {
    const measured = table({ 1: 16, 2: 20, 4: 30, 8: 60 });
    for (let i = 0; i < 100; i++) measured.recordDecode(8, 1500);
    expect(measured.groupSize(8)).toBe(8);
  });

  test("a prompt chunk gets shorter while the machine is busy and longer again afterwards", () => {
    const measured = table({});
    for (let i = 0; i < 20; i++) measured.recordPrefill(100, 0, 1000);
    expect(measured.prefillTokensWithin(400)).toBe(40);
    for (let i = 0; i < 20; i++) measured.recordPrefill(64, 0, 64);
    expect(measured.prefillTokensWithin(400)).toBeGreaterThan(300);
  });

  test("tells how many prompt tokens fit in a time", () => {
    expect(table({}, { short: { tokens: 100, ms: 250 } }).prefillTokensWithin(400)).toBe(160);
    expect(new CostTable().prefillTokensWithin(400)).toBeUndefined();
  });

  test("does not blame prompt tokens for the decoding that rode along", () => {
    const measured = table({ 8: 80 });
    measured.recordPrefill(100, 4, 140);
    expect(measured.prefillTokensWithin(10)).toBe(10);
  });

  test("asks for longer chunks where the fixed cost of a step is large", () => {
    const steep = table({}, { short: { tokens: 150, ms: 10 }, long: { tokens: 500, ms: 24 } });
    expect(steep.efficientPrefillTokens()).toBe(200);
    const flat = table({}, { short: { tokens: 100, ms: 10 }, long: { tokens: 500, ms: 50 } });
    expect(flat.efficientPrefillTokens()).toBeUndefined();
  });

  test("for any costs a group is between one and all, and a record survives a round trip", () => {
    const costs = fc.dictionary(
      fc.constantFrom("1", "2", "4", "8", "16"),
      fc.double({ min: 0.1, max: 500, noNaN: true }),
    );
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 16 }), (decodeMs, sequences) => {
        const measured = table(decodeMs);
        const group = measured.groupSize(sequences);
        expect(group).toBeGreaterThanOrEqual(1);
        expect(group).toBeLessThanOrEqual(sequences);
        expect(new CostTable(measured.toRecord()).groupSize(sequences)).toBe(group);
      }),
    );
  });
});
