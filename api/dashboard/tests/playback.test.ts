/* Where the playhead is as time passes, and what is played while a round is read anew. */

import { expect, test } from "vitest";
import { ProblemError } from "../src/rest";
import { advanced, type Playhead } from "../src/replay/playback";
import { newTimeline } from "../src/replay/timeline";
import { taken, type Played } from "../src/replay/use_timeline";
import { refusal } from "./rest_interface";

const HEAD: Playhead = { ms: 5_000, isPlaying: true, speed: 2, isLive: false };

test("the playhead goes on at its speed, to the end", () => {
  expect(advanced(HEAD, { startMs: 1_000, endMs: 9_000 }, 500).ms).toBe(6_000);
  expect(advanced(HEAD, { startMs: 1_000, endMs: 5_500 }, 500).ms).toBe(5_500);
});

test("where nothing is there to be played the playhead stays", () => {
  const nothing = newTimeline();
  expect(advanced(HEAD, nothing, 500)).toEqual(HEAD);
  expect(advanced({ ...HEAD, isLive: true }, nothing, 500).ms).toBe(5_000);
});

function played(change: Partial<Played> = {}): Played {
  return { key: "1/2", timeline: newTimeline(), isLoaded: true, problem: null, version: 3, ...change };
}

test("a round that is read anew is played as before until all of it is there", () => {
  const before = played();
  const problem = new ProblemError(refusal(503).body);
  expect(taken(before, played({ isLoaded: false, version: 1 }))).toEqual(before);
  expect(taken(before, played({ isLoaded: false, problem, version: 1 }))).toEqual({ ...before, problem });
  const anew = played({ version: 2 });
  expect(taken(before, anew)).toBe(anew);
});

test("a round that is read first, and another one, are shown as they come", () => {
  const part = played({ isLoaded: false, version: 2 });
  expect(taken(played({ isLoaded: false, version: 1 }), part)).toBe(part);
  const other = played({ key: "1/3", isLoaded: false, version: 1 });
  expect(taken(played(), other)).toBe(other);
});
