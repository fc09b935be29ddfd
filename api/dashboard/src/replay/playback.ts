/* The playhead of a round: plays, pauses, follows the end while it is live.

Belongs here: where in the round the picture is. Does not belong here: what is in the picture. Pure functions. */

import type { Mark, Timeline } from "./timeline";

export interface Playhead {
  ms: number;
  isPlaying: boolean;
  speed: number;
  /** Follows the newest events at a distance that hides the gaps between them. */
  isLive: boolean;
}

export const SPEEDS = [0.5, 1, 2, 4, 8] as const;
/** How far behind the newest event a live picture runs, in milliseconds of the wall clock: longer than a question to the
API and a second between two samples. */
export const BEHIND_MS = 1_700;
const FASTEST = 24;

/** The playhead `passedMs` of the wall clock later; where there is nothing to play it stays. */
export function advanced(head: Playhead, timeline: Pick<Timeline, "startMs" | "endMs">, passedMs: number): Playhead {
  if (!head.isPlaying || timeline.endMs === 0) return head;
  if (!head.isLive) {
    const ms = head.ms + passedMs * head.speed;
    return ms >= timeline.endMs ? { ...head, ms: timeline.endMs } : { ...head, ms };
  }
  const pace = Math.min(FASTEST, Math.max(0, (timeline.endMs - head.ms) / BEHIND_MS));
  return { ...head, ms: Math.min(timeline.endMs, head.ms + passedMs * pace) };
}

/** The next moment worth seeing after the playhead, or the one before it. */
export function soughtMark(marks: readonly Mark[], ms: number, way: 1 | -1): Mark | null {
  if (way === 1) return marks.find((mark) => mark.ms > ms + 50) ?? null;
  return marks.filter((mark) => mark.ms < ms - 1_000).at(-1) ?? null;
}

export function within(ms: number, timeline: Pick<Timeline, "startMs" | "endMs">): number {
  return Math.min(timeline.endMs, Math.max(timeline.startMs, ms));
}
