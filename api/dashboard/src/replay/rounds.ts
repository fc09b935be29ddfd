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

interface Beginning {
  mapId: string | null;
  number: number;
  seq: number;
  aSide: Side;
  /** As the round began. */
  scoreA: number;
  scoreB: number;
}

/** In the order of play, from the events that began rounds and from the state, which knows also those that an event of play
began. A round that begins again takes back what followed it on its map. */
export function playableRounds(events: readonly EventView[], maps: readonly PlayedMap[], state: MatchState): PlayableRound[] {
  const found = new Map<string, PlayableRound>();
  const all = beginnings(events, state);
  all.forEach(({ mapId, seq, ...begun }, at) => {
    const map = maps.find((each) => each.mapId === mapId);
    if (map === undefined) return;
    for (const each of found.values()) if (each.mapId === mapId && each.number >= begun.number) found.delete(each.key);
    const key = `${map.number}/${begun.number}`;
    const beforeSeq = sooner(all[at + 1]?.seq ?? null, map.span.beforeSeq);
    found.set(key, { ...begun, key, mapNumber: map.number, mapId: map.mapId, mapName: map.name, fromSeq: seq, beforeSeq });
  });
  return [...found.values()];
}

/** On which side each player stands in the round; null: he is of no team. */
export function sidesIn(round: Pick<PlayableRound, "aSide">, players: Record<string, Player>): Map<string, Side | null> {
  return new Map(Object.values(players).map((player) => [player.player_id, sideOf(player.team, round.aSide)]));
}

function sooner(one: number | null, other: number | null): number | null {
  const seq = Math.min(one ?? Infinity, other ?? Infinity);
  return seq === Infinity ? null : seq;
}

/** In the order of their seq, each once. */
function beginnings(events: readonly EventView[], state: MatchState): Beginning[] {
  const told = events.map(beginning).filter((each): each is Beginning => each !== null);
  const known = new Set(told.map((each) => each.seq));
  return [...told, ...beginningsOf(state).filter((each) => !known.has(each.seq))].sort((one, other) => one.seq - other.seq);
}

function beginning(event: EventView): Beginning | null {
  const fact = event.facts.find((each) => each["fact"] === "round_began");
  if (fact === undefined) return null;
  return {
    mapId: event.map_id,
    number: fact["round_no"] as number,
    seq: event.seq,
    aSide: fact["a_side"] as Side,
    scoreA: fact["score_a"] as number,
    scoreB: fact["score_b"] as number,
  };
}

/** Of the decided rounds of the state's map, and of the one that runs. */
function beginningsOf({ map, round }: MatchState): Beginning[] {
  if (map === null) return [];
  const decided = map.rounds.map((each): Beginning => ({
    mapId: map.map_id,
    number: each.number,
    seq: each.first_seq,
    aSide: each.a_side,
    scoreA: each.score_a - (each.winner_team === "A" ? 1 : 0),
    scoreB: each.score_b - (each.winner_team === "B" ? 1 : 0),
  }));
  if (round === null || round.ended_at !== null) return decided;
  return [...decided, { mapId: map.map_id, number: round.number, seq: round.first_seq, aSide: map.a_side, scoreA: map.score_a, scoreB: map.score_b }];
}
