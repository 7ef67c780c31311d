import { dlopen } from "bun:ffi";
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { compilerFlags, sharedLibrarySuffix, shimDir } from "./library.ts";
import { compiler, run } from "./toolchain.ts";

const lanes = 32;
const chunk = 2048;
const tolerance = 1e-5;

const doors = `
#include "logits.h"
#include <algorithm>
using namespace hearth;
extern "C" __attribute__((visibility("default")))
void look(const float * logits, int32_t size, int32_t k, bool sums_first, double * sums, int32_t * tokens) {
    Row row(logits, size);
    if (sums_first) row.softmax_sums();
    tokens[0] = row.argmax();
    std::vector<Candidate> top;
    row.top_k(k, top);
    tokens[1] = static_cast<int32_t>(top.size());
    for (size_t i = 0; i < top.size(); i++) tokens[2 + i] = top[i].token;
    const SoftmaxSums & found = row.softmax_sums();
    sums[0] = found.max;
    sums[1] = found.sum;
    sums[2] = found.weighted;
}
extern "C" __attribute__((visibility("default")))
double weigh(const float * logits, int32_t size, float max, float scale, float * out) {
    exponentials(logits, size, max, scale, out);
    return sum_of(out, size);
}`;

const folder = mkdtempSync(join(tmpdir(), "hearth-logits-"));
const { symbols, close } = openPasses();
afterAll(() => {
  close();
  rmSync(folder, { recursive: true });
});

/** The passes alone, compiled as the shim is; they need nothing of llama.cpp. */
function openPasses() {
  const source = join(folder, "doors.cpp");
  const library = join(folder, `doors.${sharedLibrarySuffix}`);
  writeFileSync(source, doors);
  const sources = [source, join(shimDir, "logits.cpp")];
  run(compiler, [...compilerFlags, "-shared", `-I${shimDir}`, ...sources, "-o", library]);
  return dlopen(library, {
    look: { args: ["ptr", "i32", "i32", "bool", "ptr", "ptr"], returns: "void" },
    weigh: { args: ["ptr", "i32", "f32", "f32", "ptr"], returns: "f64" },
  });
}

type Look = { readonly k: number; readonly sumsFirst: boolean };

function look(logits: Float32Array, { k, sumsFirst }: Look) {
  const sums = new Float64Array(3);
  const tokens = new Int32Array(2 + k);
  symbols.look(logits, logits.length, k, sumsFirst, sums, tokens);
  const [max = 0, sum = 0, weighted = 0] = sums;
  return { max, sum, weighted, best: tokens[0], top: [...tokens.subarray(2, 2 + (tokens[1] ?? 0))] };
}

/** The same in double precision, one value after the other. */
function expected(logits: Float32Array, k: number) {
  const places = Array.from(logits, (logit, token) => ({ logit, token })).filter(
    ({ logit }) => !Number.isNaN(logit),
  );
  const top = places.sort((a, b) => (a.logit === b.logit ? a.token - b.token : b.logit - a.logit));
  const max = top[0]?.logit ?? Number.NEGATIVE_INFINITY;
  let sum = 0;
  let weighted = 0;
  for (const { logit } of top) {
    const weight = Math.exp(logit - max);
    if (!(weight > 0)) continue;
    sum += weight;
    weighted += weight * (logit - max);
  }
  const best = Number.isFinite(max) ? (top[0]?.token ?? -1) : -1;
  return { max, sum, weighted, best, top: top.slice(0, k).map(({ token }) => token) };
}

function expectClose(found: number, wanted: number): void {
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(wanted), 1e-30));
}

function expectSame(logits: Float32Array, options: Look): void {
  const found = look(logits, options);
  const wanted = expected(logits, options.k);
  expect(found.best).toBe(wanted.best);
  expect(found.top).toEqual(wanted.top);
  if (wanted.sum === 0) {
    expect(found.sum).toBe(0);
    return;
  }
  expect(found.max).toBe(wanted.max);
  expectClose(found.sum, wanted.sum);
  expectClose(found.weighted, wanted.weighted);
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 3 * lanes }),
  fc.integer({ min: chunk - lanes - 1, max: chunk + lanes + 1 }),
  fc.integer({ min: 2 * chunk, max: 4 * chunk }),
);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -30, max: 30, noNaN: true }) },
  { weight: 1, arbitrary: fc.float({ min: -10_000, max: 10_000, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, Number.NEGATIVE_INFINITY, Number.NaN) },
);
/** Rows of few values many times over, so that equal ones are common, and of all that rise or fall from chunk to chunk. */
const row = fc
  .tuple(size, fc.array(value, { minLength: 1, maxLength: 200 }), fc.constantFrom(0, 1e-3, -1e-3, 1e-2))
  .map(([length, values, slope]) =>
    Float32Array.from({ length }, (_, i) => (values[i % values.length] ?? 0) + slope * i),
  );
const options = fc.record({ k: fc.integer({ min: 1, max: 300 }), sumsFirst: fc.boolean() });

describe("the passes over a row of logits", () => {
  test("agree with double precision for any row", () => {
    fc.assert(fc.property(row, options, expectSame), { numRuns: 300 });
  });

  test.each<[string, (i: number) => number]>([
    ["grow, so that each chunk has a larger maximum", (i) => i / 500],
    ["grow beyond what the chunk before adds", (i) => i / 16],
    ["shrink from the first on", (i) => -i / 500],
    ["are all the same", () => -3.5],
    ["are all banned but one", (i) => (i === 5000 ? 2 : Number.NEGATIVE_INFINITY)],
    ["are banned in whole chunks", (i) => (i < chunk ? Number.NEGATIVE_INFINITY : Math.sin(i))],
    ["are no numbers but one", (i) => (i === 7000 ? -1e30 : Number.NaN)],
    ["are all banned", () => Number.NEGATIVE_INFINITY],
    ["span all that a float can hold", (i) => (i % 2 === 0 ? 3e38 : -3e38)],
  ])("hold where values %s", (_, valueAt) => {
    for (const length of [7001, 4 * chunk]) {
      const logits = Float32Array.from({ length }, (_, i) => valueAt(i));
      for (const sumsFirst of [true, false]) expectSame(logits, { k: 10, sumsFirst });
    }
  });

  test("weigh values as exp does, and nothing below what a float can hold", () => {
    const places = fc.array(fc.float({ min: -200, max: 0, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(places, (values) => {
        const logits = Float32Array.from([0, ...values, Number.NEGATIVE_INFINITY]);
        const out = new Float32Array(logits.length);
        const total = symbols.weigh(logits, logits.length, 0, 1, out);
        for (const [i, logit] of logits.entries()) {
          if (logit > -87) expectClose(out[i] ?? Number.NaN, Math.exp(logit));
          else expect(out[i]).toBeLessThanOrEqual(Math.fround(1.7e-38));
        }
        expectClose(
          total,
          out.reduce((sum, weight) => sum + weight, 0),
        );
      }),
    );
  });
});
