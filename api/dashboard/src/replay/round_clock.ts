/* What the clock of a replay says at a moment. Pure functions. */

import { clock } from "../format";
import type { Scene } from "./scene";
import type { Timeline } from "./timeline";

export interface RoundClock {
  kind: "freeze" | "round" | "bomb" | "defused";
  text: string;
  /** Seconds until a defuse is done; null without one. */
  defuseLeftS: number | null;
}

/** Freeze time counts down to its end, the round down from its length, the bomb to its explosion; what became of the bomb
stands until the end. */
export function roundClock(scene: Pick<Scene, "ms" | "bomb">, timeline: Pick<Timeline, "liveMs" | "decidedMs">, roundS: number): RoundClock {
  const { bomb, ms } = scene;
  if (bomb !== null && bomb.leftS !== null) return { kind: "bomb", text: clock(bomb.leftS, { tenths: true }), defuseLeftS: bomb.defuseLeftS };
  if (bomb?.status === "defused") return { kind: "defused", text: "Defused", defuseLeftS: null };
  if (bomb?.status === "exploded") return { kind: "bomb", text: "Exploded", defuseLeftS: null };
  if (timeline.liveMs === null || ms < timeline.liveMs) return { kind: "freeze", text: "Freeze", defuseLeftS: null };
  const endMs = Math.min(ms, timeline.decidedMs ?? ms);
  return { kind: "round", text: clock(roundS - (endMs - timeline.liveMs) / 1000), defuseLeftS: null };
}
