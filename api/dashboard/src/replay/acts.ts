/* What can be asked of a replay, by keys and buttons alike, and what it does to the playhead. Pure functions. */

import { soughtMark, SPEEDS, within, type Playhead } from "./playback";
import type { PlayableRound } from "./rounds";
import type { Timeline } from "./timeline";

export type Act =
  | { kind: "toggle" | "live" | "next-round" | "previous-round" | "next-mark" | "previous-mark" | "faster" | "slower" }
  | { kind: "speed"; speed: number }
  | { kind: "seek"; ms: number }
  | { kind: "step"; ms: number }
  | { kind: "round"; round: PlayableRound };

/** How many rounds further an act goes. */
export function roundStep(asked: Act): number {
  if (asked.kind === "next-round") return 1;
  return asked.kind === "previous-round" ? -1 : 0;
}

/** The playhead after an act. */
export function acted(head: Playhead, asked: Act, timeline: Timeline): Playhead {
  switch (asked.kind) {
    case "toggle":
      return toggled(head, timeline);
    case "live":
      return { ...head, isLive: true, isPlaying: true };
    case "speed":
      return { ...head, speed: asked.speed };
    case "faster":
      return { ...head, speed: SPEEDS[SPEEDS.findIndex((speed) => speed === head.speed) + 1] ?? head.speed };
    case "slower":
      return { ...head, speed: SPEEDS[SPEEDS.findIndex((speed) => speed === head.speed) - 1] ?? head.speed };
    case "seek":
      return sought(head, asked.ms, timeline);
    case "step":
      return sought(head, head.ms + asked.ms, timeline);
    case "next-mark":
      return sought(head, (soughtMark(timeline.marks, head.ms + LEAD_MS, 1)?.ms ?? Infinity) - LEAD_MS, timeline);
    case "previous-mark":
      return sought(head, (soughtMark(timeline.marks, head.ms, -1)?.ms ?? -Infinity) - LEAD_MS, timeline);
    case "next-round":
    case "previous-round":
    case "round":
      return head;
  }
}

/** A moment is seen coming. */
const LEAD_MS = 500;

function sought(head: Playhead, ms: number, timeline: Timeline): Playhead {
  return { ...head, ms: within(ms, timeline), isLive: false };
}

/** A round that has been played to its end begins again; one that is paused is left by the newest events. */
function toggled(head: Playhead, timeline: Timeline): Playhead {
  if (head.isLive) return { ...head, isPlaying: false, isLive: false };
  const isAtEnd = head.ms >= timeline.endMs;
  return { ...head, isPlaying: isAtEnd || !head.isPlaying, ms: isAtEnd ? timeline.startMs : head.ms };
}
