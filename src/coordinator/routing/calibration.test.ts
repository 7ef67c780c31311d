import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createBarStore } from "./bar-store.ts";
import { choosePoint, drawCurve, separation, type WeighedExample } from "./calibration-curve.ts";
import { readRouteExamples } from "./calibration-examples.ts";
import { createConfidence } from "./confidence.ts";
import { ask, openRouting, take } from "./routing.fixture.ts";

const signal = new AbortController().signal;
const hand: readonly WeighedExample[] = [
  { confidence: 0.6, ok: true },
  { confidence: 0.2, ok: false },
  { confidence: 0.8, ok: true },
];
const some = fc.array(
  fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), ok: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 60,
  },
);

describe("confidence", () => {
  test("of the log probabilities −0.1 and −0.3 is exp(−0.2)", () => {
    const confidence = createConfidence();
    confidence.add([{ logprob: -0.1 }]);
    confidence.add([{ logprob: -0.3 }]);
    expect(confidence.value()).toBeCloseTo(0.8187307530779818, 12);
  });

  test("is always a number from 0 to 1, and none without tokens", () => {
    expect(createConfidence().value()).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1 }), (logprobs) => {
        const confidence = createConfidence();
        confidence.add(logprobs.map((logprob) => ({ logprob })));
        expect(confidence.value()).toBeWithin(0, 1 + Number.EPSILON);
      }),
    );
  });
});

describe("the curve", () => {
  test("of three answers has a bar before, between and behind each", () => {
    const rounded = drawCurve(hand, { remoteQuality: 1 }).map(
      ({ bar, remoteShare, localQuality, quality }) => [
        ...[bar, remoteShare, localQuality, quality].map((value) => value && Number(value.toFixed(4))),
      ],
    );
    expect(rounded).toEqual([
      [0, 0, 0.6667, 0.6667],
      [0.4, 0.3333, 1, 1],
      [0.7, 0.6667, 1, 1],
      [1, 1, undefined, 1],
    ]);
  });

  test("counts a remote answer for what it is worth", () => {
    expect(drawCurve(hand, { remoteQuality: 0.4 }).at(1)?.quality).toBeCloseTo((2 + 0.4) / 3, 12);
  });

  test("sends more away the higher the bar is, and a point does what it says", () => {
    fc.assert(
      fc.property(some, (examples) => {
        const curve = drawCurve(examples, { remoteQuality: 1 });
        for (const [index, point] of curve.entries()) {
          const before = curve[index - 1];
          if (before) expect(point.bar).toBeGreaterThan(before.bar);
          if (before) expect(point.remoteShare).toBeGreaterThan(before.remoteShare);
          const leaving = examples.filter(({ confidence }) => confidence < point.bar);
          expect(point.remoteShare).toBeCloseTo(leaving.length / examples.length, 12);
        }
        expect(curve[0]?.remoteShare).toBe(0);
        expect(curve.at(-1)?.remoteShare).toBe(1);
      }),
    );
  });

  test("gives the most that may leave for a share, and the fewest that must for a quality", () => {
    const curve = drawCurve(hand, { remoteQuality: 1 });
    expect(choosePoint(curve, { share: 0.5 }).bar).toBeCloseTo(0.4, 12);
    expect(choosePoint(curve, { share: 0 }).bar).toBe(0);
    expect(choosePoint(curve, { share: 1 })).toMatchObject({ remoteShare: 1, bar: 1 + Number.EPSILON });
    expect(choosePoint(curve, { quality: 0.9 }).bar).toBeCloseTo(0.4, 12);
    expect(choosePoint(curve, { quality: 0.5 }).bar).toBe(0);
    const poor = drawCurve([{ confidence: 0.5, ok: false }], { remoteQuality: 0.5 });
    expect(() => choosePoint(poor, { quality: 0.9 })).toThrow("the best of these examples is 0.500");
  });
});

test("separation is the share of pairs in which the right answer had more confidence", () => {
  expect(separation(hand)).toBe(1);
  expect(separation([...hand, { confidence: 0.7, ok: false }])).toBe(0.75);
  expect(
    separation([
      { confidence: 0.5, ok: true },
      { confidence: 0.5, ok: false },
    ]),
  ).toBe(0.5);
  expect(separation(hand.filter(({ ok }) => ok))).toBeUndefined();
  fc.assert(
    fc.property(some, (examples) => {
      const right = examples.filter(({ ok }) => ok);
      const wrong = examples.filter(({ ok }) => !ok);
      const wins = right.flatMap((good) =>
        wrong.map((bad) =>
          good.confidence > bad.confidence ? 1 : good.confidence === bad.confidence ? 0.5 : 0,
        ),
      );
      const expected =
        wins.length === 0 ? undefined : wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
      const found = separation(examples);
      if (expected === undefined) expect(found).toBeUndefined();
      else expect(found).toBeCloseTo(expected, 9);
    }),
  );
});

describe("examples", () => {
  test("are lines of JSON, measured or to be measured", () => {
    const text =
      '{"confidence":0.5,"ok":true}\n\n{"prompt":"2+2?","answer_ok":false}\n{"prompt":"x","answer_ok":true,"confidence":0.25}\n';
    expect(readRouteExamples(text, "f.jsonl")).toEqual([
      { confidence: 0.5, ok: true },
      { prompt: "2+2?", ok: false },
      { confidence: 0.25, ok: true },
    ]);
  });

  test.each([
    ['{"ok":true', "f.jsonl, line 1"],
    ['{"confidence":2,"ok":true}', "f.jsonl, line 1"],
    ['\n\n{"confidence":0.5,"ok":"yes"}', "f.jsonl, line 3"],
    ['{"prompt":"x","answer_ok":true,"extra":1}', "f.jsonl, line 1"],
  ])("%s is refused by its place", (line, place) => {
    expect(() => readRouteExamples(line, "f.jsonl")).toThrow(place);
  });
});

describe("calibration", () => {
  const examples = Array.from({ length: 40 }, (_, index) => ({ confidence: index / 40, ok: index >= 20 }));

  test("sets the bar of a model, which decides from then on", async () => {
    await using routing = openRouting({ policy: () => ({}) });
    expect((await take(routing, ask())).answeredBy).toBe("small");
    const calibration = await routing.routes.calibrate({ examples, target: { quality: 1 } }, signal);
    expect(calibration).toMatchObject({ model: "small", examples: 40, right: 20, separation: 1 });
    expect(calibration.chosen?.bar).toBeCloseTo(19.5 / 40, 12);
    expect(await routing.routes.bars()).toMatchObject([{ model: "small", bar: calibration.chosen?.bar }]);
    const stays = await take(routing, ask());
    expect(stays.route).toMatchObject({ kind: "local", bar: calibration.chosen?.bar });
    await routing.routes.calibrate({ examples, target: { share: 0.9 } }, signal);
    expect((await take(routing, ask())).route).toMatchObject({ kind: "remote", rule: "escalated" });
  });

  test("draws the curve alone where nothing is wanted", async () => {
    await using routing = openRouting();
    const { stored, curve } = await routing.routes.calibrate({ examples }, signal);
    expect({ stored, points: curve.length }).toEqual({ stored: undefined, points: 41 });
    expect(await createBarStore(routing.deps).list()).toEqual([]);
  });

  test("asks the local model, and no other, for what was not measured", async () => {
    await using routing = openRouting({ settings: { fallbacks: ["small=big@work"] } });
    const asked = Array.from({ length: 20 }, (_, index) => ({ prompt: `${index}?`, ok: true }));
    let done = 0;
    const calibration = await routing.routes.calibrate(
      { examples: asked, target: { share: 0 }, onExample: (count) => (done = count) },
      signal,
    );
    expect(done).toBe(20);
    expect(calibration.curve[1]?.bar).toBeGreaterThan(Math.exp(-0.5));
    expect(new Set(routing.asked())).toEqual(new Set(["small"]));
    expect(routing.engine.requests[0]).toMatchObject({ maxTokens: 64, privacy: "local" });
  });

  test("refuses too few examples and a model that is elsewhere", async () => {
    await using routing = openRouting();
    const few = routing.routes.calibrate({ examples: examples.slice(0, 19) }, signal);
    await expect(few).rejects.toThrow("there are 19; a bar needs at least 20");
    const far = routing.routes.calibrate({ model: "big@work", examples }, signal);
    await expect(far).rejects.toMatchObject({ code: "invalid_request", details: { param: "model" } });
  });
});
