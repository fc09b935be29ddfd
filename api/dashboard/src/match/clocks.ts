/* The round's and the bomb's clock from the state. Pure functions; all times are those of the events. */

import type { MatchState } from "../contract";

export interface Clocks {
  /** What runs: freeze time, the round, the bomb; null where nothing does. */
  kind: "freeze" | "round" | "bomb" | null;
  leftS: number;
  ofS: number;
  /** Seconds until a defuse is done; null without one. */
  defuseLeftS: number | null;
}

const STILL: Clocks = { kind: null, leftS: 0, ofS: 1, defuseLeftS: null };

/** The clocks at the moment of the state's last event. */
export function clocks(state: MatchState): Clocks {
  const { round, map } = state;
  if (round === null || map === null || round.ended_at !== null || state.last_ts === null) return STILL;
  const nowMs = Date.parse(state.last_ts);
  const since = (moment: string): number => (nowMs - Date.parse(moment)) / 1000;
  const { rules } = map;
  const { bomb } = round;
  if (bomb.planted_at !== null) {
    const defuseS = bomb.defuse_has_kit ? rules.defuse_kit_s : rules.defuse_s;
    const begun = bomb.status === "defusing" ? bomb.defuse_begun_at : null;
    return {
      kind: "bomb",
      leftS: Math.max(0, rules.bomb_s - since(bomb.planted_at)),
      ofS: rules.bomb_s,
      defuseLeftS: begun === null ? null : Math.max(0, defuseS - since(begun)),
    };
  }
  if (round.live_at === null) return { ...STILL, kind: "freeze", leftS: Math.max(0, rules.freeze_s - since(round.started_at)), ofS: rules.freeze_s };
  return { ...STILL, kind: "round", leftS: Math.max(0, rules.round_s - since(round.live_at)), ofS: rules.round_s };
}
