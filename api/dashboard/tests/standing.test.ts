/* How matches of the list stand: what is not over is not live for that alone. */

import { expect, test } from "vitest";
import type { MatchSummary } from "../src/contract";
import { BROKEN_OFF_MS, foundStanding, moved, SILENT_IN_PLAY_MS, SILENT_MS, standing } from "../src/matches/standing";

const NOON = Date.UTC(2026, 0, 18, 12);

function match(change: Partial<MatchSummary> = {}): MatchSummary {
  return {
    match_id: "m",
    seq: 5,
    last_ts: new Date(NOON).toISOString(),
    match_tag: "live",
    phase: "live",
    name_a: null,
    name_b: null,
    best_of: 1,
    maps_a: 0,
    maps_b: 0,
    is_series_over: false,
    series_winner: null,
    map: null,
    ...change,
  };
}

test("a match is over, announced, or in play while its source speaks", () => {
  expect(standing(match({ match_tag: "over" }), null, NOON)).toBe("over");
  expect(standing(match({ match_tag: "warmup", phase: null }), null, NOON)).toBe("announced");
  expect(standing(match(), null, NOON + SILENT_IN_PLAY_MS)).toBe("live");
  expect(standing(match(), null, NOON + SILENT_IN_PLAY_MS + 1)).toBe("silent");
  expect(standing(match({ last_ts: null }), null, NOON)).toBe("silent");
});

test("a break may be longer than silence in play", () => {
  expect(standing(match({ phase: "half_time" }), null, NOON + SILENT_MS)).toBe("live");
  expect(standing(match({ phase: "half_time" }), null, NOON + SILENT_MS + 1)).toBe("silent");
});

test("a match of which nothing has come for half a day was broken off, until something comes", () => {
  expect(standing(match(), null, NOON + BROKEN_OFF_MS)).toBe("silent");
  expect(standing(match(), null, NOON + BROKEN_OFF_MS + 1)).toBe("broken_off");
  expect(standing(match(), NOON + BROKEN_OFF_MS, NOON + BROKEN_OFF_MS + 1)).toBe("live");
});

test("a match of another day that moves is live, and silent again when it stands still", () => {
  const today = NOON + 86_400_000;
  const first = moved(new Map(), [match()], today);
  expect(standing(match(), first.get("m")?.movedMs ?? null, today)).toBe("broken_off");
  const later = moved(moved(first, [match({ seq: 6 })], today + 2_000), [match({ seq: 6 })], today + 4_000);
  expect(later.get("m")).toEqual({ seq: 6, movedMs: today + 2_000 });
  expect(standing(match({ seq: 6 }), today + 2_000, today + 4_000)).toBe("live");
  expect(standing(match({ seq: 6 }), today + 2_000, today + 2_001 + SILENT_IN_PLAY_MS)).toBe("silent");
});

test("a match that was found is as its catalog says, and silent where that has heard nothing for long", () => {
  const found = (status: string, sinceMs: number): string => foundStanding({ status, last_event_at: new Date(NOON).toISOString() }, NOON + sinceMs);
  expect([found("announced", 2 * SILENT_MS), found("over", 2 * SILENT_MS)]).toEqual(["announced", "over"]);
  expect(found("broken_off", 0)).toBe("broken_off");
  expect([found("live", SILENT_MS), found("live", SILENT_MS + 1)]).toEqual(["live", "silent"]);
});
