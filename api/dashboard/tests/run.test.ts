/* The newest events of a match: without a hole, each once, none that was withdrawn. */

import { expect, test } from "vitest";
import type { EventFrame } from "../src/contract";
import { receive, EMPTY } from "../src/live/feed";
import { continued, hasFrom, heard, KEPT, type Run } from "../src/live/run";
import { event, retraction, snapshot } from "./frames";

function after(...frames: EventFrame[]): Run {
  const run = frames.reduce<Run | null>(heard, null);
  if (run === null) throw new Error("no frame");
  return run;
}

function seqs(items: readonly { seq: number }[]): number[] {
  return items.map((each) => each.seq);
}

test("events that follow each other are kept, what is told again is not kept twice", () => {
  const run = after(event(6, 5), event(8, 6), event(8, 6), event(6, 5), event(9, 8));
  expect([seqs(run.events), run.afterSeq, run.lastSeq]).toEqual([[6, 8, 9], 5, 9]);
});

test("a hole begins another run", () => {
  const run = after(event(6, 5), event(9, 8));
  expect([seqs(run.events), run.afterSeq]).toEqual([[9], 8]);
});

test("what was withdrawn is gone, and what is told in its place follows", () => {
  const feed = [snapshot(5, 0), event(6, 5), event(7, 6), retraction("events", 6, 7), event(8, 7)].reduce(receive, EMPTY);
  expect([seqs(feed.run?.events ?? []), feed.run?.afterSeq, feed.run?.lastSeq]).toEqual([[8], 5, 8]);
});

test("what is withdrawn beyond a hole does not hide the hole", () => {
  const feed = [snapshot(5, 0), event(6, 5), retraction("events", 9, 11), event(12, 8)].reduce(receive, EMPTY);
  expect([seqs(feed.run?.events ?? []), feed.run?.afterSeq]).toEqual([[12], 8]);
});

test("frames that were dropped may have withdrawn any of them", () => {
  const feed = [snapshot(5, 0), event(6, 5), { message: "conflated", match_id: "m", seq: 9 } as const].reduce(receive, EMPTY);
  expect(feed.run).toBeNull();
});

test("the oldest are forgotten, and that they are missing is known", () => {
  const run = after(...Array.from({ length: KEPT + 1 }, (_, at) => event(at + 1, at)));
  expect(run.events.length).toBe(KEPT / 2);
  expect(run.events[0]?.seq).toBe(run.afterSeq + 1);
  expect([hasFrom(run, run.afterSeq), hasFrom(run, run.afterSeq + 1)]).toEqual([false, true]);
});

test("what was read goes on with what is told, each once", () => {
  const run = after(event(4, 3), event(5, 4), event(6, 5));
  const read = [{ seq: 2 }, { seq: 4 }];
  expect(seqs(continued(read, run, 1, null))).toEqual([2, 4, 5, 6]);
  expect(seqs(continued(read, run, 1, 6))).toEqual([2, 4, 5]);
  expect(seqs(continued([], run, 4, null))).toEqual([4, 5, 6]);
});

test("where something is missing between the two nothing is added", () => {
  const read = [{ seq: 2 }];
  expect(continued(read, after(event(6, 5)), 1, null)).toBe(read);
  expect(continued(read, null, 1, null)).toBe(read);
});
