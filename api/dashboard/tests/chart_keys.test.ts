/* The chart of chances by keyboard. */

import { expect, test } from "vitest";
import { isWhole, looked, type Look } from "../src/match/chart_keys";

/** A point each second for twenty minutes, two marks. */
const POINTS = { t: Array.from({ length: 1201 }, (_, at) => at), marks: [100.4, 900] };
const ALL: Look = { at: null, fromS: 0, toS: 1200 };

function after(...keys: string[]): Look {
  return keys.reduce((look, key) => looked(look, key, POINTS) ?? look, ALL);
}

test("arrows go along what is shown, from the newest point on, and stay on the chart", () => {
  expect(after("ArrowLeft")).toEqual({ ...ALL, at: 1188 });
  expect(after("ArrowLeft", "ArrowRight", "ArrowRight").at).toBe(1200);
  expect(after("Home", "ArrowLeft").at).toBe(0);
  expect(after("Home", "ArrowRight", "ArrowUp").at).toBe(24);
  expect(after("Home", "End").at).toBe(1200);
});

test("an arrow goes at least to the next point, however far that is", () => {
  const sparse = { t: [0, 1, 500, 1000], marks: [] };
  const look = { at: 1, fromS: 0, toS: 1000 };
  expect(looked(look, "ArrowRight", sparse)?.at).toBe(2);
  expect(looked({ ...look, at: 2 }, "ArrowLeft", sparse)?.at).toBe(1);
});

test("pages go from mark to mark", () => {
  expect(after("Home", "PageUp").at).toBe(100);
  expect(after("Home", "PageUp", "PageUp").at).toBe(900);
  expect(after("Home", "PageUp", "PageUp", "PageUp").at).toBe(900);
  expect(after("PageDown", "PageDown").at).toBe(100);
  expect(after("PageDown", "PageDown", "PageDown").at).toBe(100);
});

test("a stretch is shown around the point, moves with it, and ends with the chart", () => {
  expect(after("Home", "PageUp", "PageUp", "+")).toEqual({ at: 900, fromS: 600, toS: 1200 });
  expect(after("PageDown", "+", "+", "PageDown")).toEqual({ at: 100, fromS: 0, toS: 300 });
  const close = after("Home", "PageUp", ..."++++++++++");
  expect(close).toEqual({ at: 100, fromS: 97.5, toS: 102.5 });
  expect(isWhole(close, POINTS.t)).toBe(false);
  expect(after("Home", "PageUp", "+", "-")).toEqual({ ...ALL, at: 100 });
  expect(isWhole(after("+", "Escape"), POINTS.t)).toBe(true);
  expect(looked(ALL, "a", POINTS)).toBeNull();
});
