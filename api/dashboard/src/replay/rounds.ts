/* The rounds of a match that can be played, and where each lies in the log. Pure functions. */

import type { EventView, MatchState, Player, Side } from "../contract";
import { sideOf } from "../format";
import type { PlayedMap } from "../match/maps";

export interface PlayableRound {
  key: string;
  mapNumber: number;
  mapId: string;
  mapName: string | null;
  number: number;
  fromSeq: number;
  /** Null for the newest round: it may still grow. */
  beforeSeq: number | null;
  aSide: Side;
  scoreA: number;
  scoreB: number;
}

/** In the order of play, from the match's `round_started` events. A round that was begun twice counts as its last. */
export function playableRounds(starts: readonly EventView[], maps: readonly PlayedMap[], state: MatchState): PlayableRound[] {
  const found = new Map<string, PlayableRound>();
  const sorted = [...starts].sort((one, other) => one.seq - other.seq);
  sorted.forEach((event, at) => {
    const fact = event.facts.find((each) => each["fact"] === "round_began");
    const map = maps.find((each) => each.mapId === event.map_id);
    if (fact === undefined || map === undefined) return;
    const number = fact["round_no"] as number;
    const key = `${map.number}/${number}`;
    found.delete(key);
    found.set(key, {
      key,
      mapNumber: map.number,
      mapId: map.mapId,
      mapName: map.name,
      number,
      fromSeq: event.seq,
      beforeSeq: sooner(sorted[at + 1]?.seq ?? null, map.span.beforeSeq),
      aSide: fact["a_side"] as Side,
      scoreA: fact["score_a"] as number,
      scoreB: fact["score_b"] as number,
    });
  });
  return withRunning([...found.values()], state);
}

/** On which side each player stands in the round; null: he is of no team. */
export function sidesIn(round: Pick<PlayableRound, "aSide">, players: Record<string, Player>): Map<string, Side | null> {
  return new Map(Object.values(players).map((player) => [player.player_id, sideOf(player.team, round.aSide)]));
}

function sooner(one: number | null, other: number | null): number | null {
  const seq = Math.min(one ?? Infinity, other ?? Infinity);
  return seq === Infinity ? null : seq;
}

/** The live feed knows of a new round before the list of events is read again. */
function withRunning(rounds: PlayableRound[], state: MatchState): PlayableRound[] {
  const { round, map } = state;
  const last = rounds.at(-1);
  if (round === null || map === null || map.is_over || (last !== undefined && round.first_seq <= last.fromSeq)) return rounds;
  const closed = rounds.map((each) => (each === last ? { ...each, beforeSeq: round.first_seq } : each));
  const running: PlayableRound = {
    key: `${map.number}/${round.number}`,
    mapNumber: map.number,
    mapId: map.map_id,
    mapName: map.name,
    number: round.number,
    fromSeq: round.first_seq,
    beforeSeq: null,
    aSide: map.a_side,
    scoreA: map.score_a,
    scoreB: map.score_b,
  };
  return [...closed.filter((each) => each.key !== running.key), running];
}
