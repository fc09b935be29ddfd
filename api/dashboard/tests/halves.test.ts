/* Where halves begin, and who stands on which side. */

import { expect, test } from "vitest";
import type { Player } from "../src/contract";
import { beginsHalf, cellsOf } from "../src/match/halves";
import { sidesIn } from "../src/replay/rounds";

function firsts(max_rounds: number, overtime_max_rounds: number): number[] {
  const numbers = Array.from({ length: max_rounds + 20 }, (_, at) => at + 1);
  return numbers.filter((number) => beginsHalf(number, { max_rounds, overtime_max_rounds }));
}

test("halves begin where the rules of the map say", () => {
  expect(firsts(24, 6)).toEqual([13, 25, 28, 31, 34, 37, 40, 43]);
  expect(firsts(30, 10)).toEqual([16, 31, 36, 41, 46]);
  expect(firsts(16, 6)).toEqual([9, 17, 20, 23, 26, 29, 32, 35]);
});

test("a map has its rounds of regulation, and those of overtime from when they begin", () => {
  const last = (rounds: number[], running: number | null): number | undefined => cellsOf({ max_rounds: 24, overtime_max_rounds: 6 }, rounds.map((round_no) => ({ round_no })), running).at(-1);
  expect([last([], null), last([1, 2], 3), last([1, 24], 25), last([24, 25], null)]).toEqual([24, 24, 25, 25]);
});

test("who is of no team stands on no side", () => {
  const player = (player_id: string, team: "A" | "B" | null): Player => ({ player_id, team }) as Player;
  const players = { p1: player("p1", "A"), p2: player("p2", "B"), p3: player("p3", null) };
  expect([...sidesIn({ aSide: "t" }, players)]).toEqual([["p1", "t"], ["p2", "ct"], ["p3", null]]);
});
