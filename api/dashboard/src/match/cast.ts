/* Who plays on which side: what most parts of a match need of its state, the same object until it changes. */

import { useMemo } from "preact/hooks";
import type { MatchState, Side, Team } from "../contract";
import type { Lengths } from "./halves";

export interface Cast {
  name_a: string | null;
  name_b: string | null;
  best_of: number;
  map: { a_side: Side; rules: Lengths } | null;
  players: Record<string, { name: string | null; team: Team | null }>;
}

/** Of a state that changes with every event. A memoised part that is given this is rendered when players come or go, or
sides change. */
export function useCast(state: MatchState): Cast {
  const { name_a, name_b, best_of, map, players } = state;
  const told = [name_a, name_b, best_of, map?.a_side, map?.rules.max_rounds, map?.rules.overtime_max_rounds, Object.values(players).map((each) => [each.player_id, each.name, each.team])];
  return useMemo(() => state, [JSON.stringify(told)]);
}
