/* Where a player is between two samples. */

import { expect, test } from "vitest";
import { HOLE_MS, lastNotAfter, LEAP_UNITS_S, sampleAt, turned, type Sample } from "../src/replay/track";

function sample(ms: number, x: number, change: Partial<Sample> = {}): Sample {
  return { ms, x, y: 0, z: 0, yawDeg: 0, isAlive: true, health: 100, armor: 0, money: 0, weapon: "ak47", hasBomb: false, ...change };
}

test("nobody is anywhere before the first sample, and stays at the last", () => {
  const walk = [sample(1000, 0), sample(2000, 100)];
  expect(sampleAt(walk, 999)).toBeNull();
  expect(sampleAt([], 5)).toBeNull();
  expect(sampleAt(walk, 9000)?.x).toBe(100);
});

test("between two samples the way is straight and even", () => {
  const walk = [sample(1000, 0, { z: 0 }), sample(2000, 100, { z: 64 })];
  expect(sampleAt(walk, 1000)?.x).toBe(0);
  expect(sampleAt(walk, 1250)?.x).toBe(25);
  expect(sampleAt(walk, 1750)?.z).toBe(48);
});

test("at every sample it is the sample", () => {
  const walk = [0, 40, 10, 200].map((x, at) => sample(at * 500, x));
  for (const each of walk) expect(sampleAt(walk, each.ms)).toEqual(each);
});

test("a leap, a hole and a dead man are not walked", () => {
  const leap = LEAP_UNITS_S + 1;
  expect(sampleAt([sample(0, 0), sample(1000, leap)], 500)?.x).toBe(0);
  expect(sampleAt([sample(0, 0), sample(HOLE_MS + 1, 100)], 500)?.x).toBe(0);
  expect(sampleAt([sample(0, 0, { isAlive: false }), sample(1000, 100)], 500)?.x).toBe(0);
});

test("directions turn the shorter way", () => {
  expect(turned(350, 10, 0.5)).toBe(360);
  expect(turned(10, 350, 0.5)).toBe(0);
  expect(turned(-170, 170, 0.5)).toBe(-180);
  expect(turned(null, 10, 0.5)).toBeNull();
});

test("the last item that is not after a moment is found", () => {
  const items = [1, 3, 3, 7].map((ms) => ({ ms }));
  expect([0, 1, 2, 3, 6, 7, 99].map((ms) => lastNotAfter(items, ms))).toEqual([-1, 0, 0, 2, 2, 3, 3]);
});
