/* The newest events of a match as the live feed tells them, without a hole: the channel `events` of docs/API.md.

Belongs here: what follows what, what is withdrawn. Does not belong here: what events mean, older ones (REST has them). */

import type { EventFrame, RetractionFrame } from "../contract";

export interface Run {
  /** Nothing is missing after this seq ... */
  afterSeq: number;
  /** ... up to this one. */
  lastSeq: number;
  /** In the order of their seq. */
  events: readonly EventFrame[];
}

/** The oldest are forgotten beyond so many: far more than a round has. */
export const KEPT = 4_096;

/** The run with an event more; one that leaves a hole begins another. What is told again changes nothing. */
export function heard(run: Run | null, frame: EventFrame): Run {
  if (run === null || frame.prev_seq > run.lastSeq) return { afterSeq: frame.prev_seq, lastSeq: frame.seq, events: [frame] };
  if (frame.seq <= run.lastSeq) return run;
  return bounded({ ...run, lastSeq: frame.seq, events: [...run.events, frame] });
}

/** The run without what was withdrawn. What is told anew has the seq of the withdrawal itself, the first of it. */
export function withdrawnFrom(run: Run | null, frame: RetractionFrame): Run | null {
  if (run === null) return null;
  const events = run.events.filter((each) => each.seq < frame.from_seq || each.seq > frame.to_seq);
  const isNext = frame.from_seq <= run.lastSeq + 1;
  return { ...run, lastSeq: isNext ? Math.max(run.lastSeq, frame.to_seq) : run.lastSeq, events };
}

/** Whether nothing is missing from `seq` on. */
export function hasFrom(run: Run | null, seq: number): run is Run {
  return run !== null && run.afterSeq < seq;
}

/** The known items, and what the run tells after them, up to `beforeSeq`; the known ones alone where something between is missing. */
export function continued<T extends { seq: number }>(known: readonly T[], run: Run | null, fromSeq: number, beforeSeq: number | null): readonly (T | EventFrame)[] {
  const nextSeq = (known.at(-1)?.seq ?? fromSeq - 1) + 1;
  if (!hasFrom(run, nextSeq)) return known;
  const more = run.events.filter((each) => each.seq >= nextSeq && (beforeSeq === null || each.seq < beforeSeq));
  return more.length === 0 ? known : [...known, ...more];
}

function bounded(run: Run): Run {
  if (run.events.length <= KEPT) return run;
  const events = run.events.slice(-KEPT / 2);
  const dropped = run.events.at(-KEPT / 2 - 1);
  return { ...run, events, afterSeq: dropped?.seq ?? run.afterSeq };
}
