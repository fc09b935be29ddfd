/* A shipped outline to shapes. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { OutlineView } from "../src/contract";
import { bareGround, cellsOf, floorAt, ground, smooth } from "../src/replay/ground";

function shipped(name: string): OutlineView {
  return JSON.parse(readFileSync(new URL(`../../../game/maps/${name}.json`, import.meta.url), "utf8")) as OutlineView;
}

test("bits and heights are read in the order that they are written in", () => {
  // cells 0, 3 and 5 of a row of four: 0b101001; heights 0, 10, 20
  const cells = cellsOf({ width: 4 }, { bits: "29", heights: btoa(String.fromCharCode(0, 10, 20)) });
  expect(cells).toEqual([{ column: 0, row: 0, shade: 0 }, { column: 3, row: 0, shade: 0.5 }, { column: 1, row: 1, shade: 1 }]);
});

test("a square has one border, with its ground inside", () => {
  const outline = { ...shipped("de_dust2"), width: 4, height: 4, x0: 0, y0: 0, cell: 64, levels: [{ bits: "660", heights: btoa("\0\0\0\0") }] };
  const [floor] = ground(outline).floors;
  expect(floor?.edges.length).toBe(1);
  const xs = floor?.edges[0]?.map((point) => point.x) ?? [];
  expect([Math.min(...xs) >= 64, Math.max(...xs) <= 192]).toEqual([true, true]);
});

test("both levels of a map lie beside each other", () => {
  const nuke = ground(shipped("de_nuke"));
  const [upper, lower] = nuke.floors;
  expect(nuke.floors.length).toBe(2);
  const right = (floor: typeof upper): number => Math.max(...(floor?.edges.flat().map((point) => point.x + floor.offset.x) ?? []));
  const left = (floor: typeof upper): number => Math.min(...(floor?.edges.flat().map((point) => point.x + floor.offset.x) ?? []));
  expect(left(lower)).toBeGreaterThan(right(upper));
  expect([floorAt(nuke, -400), floorAt(nuke, -700)]).toEqual([0, 1]);
});

test("smoothing keeps within the shape", () => {
  const square = [{ x: 0, y: 0 }, { x: 4, y: 0 }, { x: 4, y: 4 }, { x: 0, y: 4 }];
  expect(smooth(square).length).toBe(8);
  expect(smooth(square).every((point) => point.x >= 0 && point.x <= 4 && point.y >= 0 && point.y <= 4)).toBe(true);
});

test("the ground of a map without an outline grows in steps, and not while its players stay within", () => {
  const walked = (...points: { x: number; y: number }[]): { tracks: Map<string, { x: number; y: number }[]> } => ({ tracks: new Map([["p", points]]) });
  const first = bareGround(walked({ x: 0, y: 0 }, { x: 1_500, y: 100 }));
  expect([first.min, first.max]).toEqual([{ x: -1_024, y: -1_024 }, { x: 2_048, y: 1_024 }]);
  expect(bareGround(walked({ x: 0, y: 0 }, { x: 1_700, y: 700 }), first)).toBe(first);
  expect(bareGround(walked(), first)).toBe(first);
  const later = bareGround(walked({ x: 0, y: 900 }), first);
  expect([later.min, later.max]).toEqual([first.min, { x: 2_048, y: 2_048 }]);
});
