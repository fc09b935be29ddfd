/* The maps of a series and where each lies in the match's log. Pure functions. */

import type { EventView, MapResult, MapState, MatchState } from "../contract";
import type { Span } from "./use_log";

export interface PlayedMap {
  mapId: string;
  number: number;
  name: string | null;
  scoreA: number;
  scoreB: number;
  isRunning: boolean;
  span: Span;
}

/** In the order of play. `starts` are the match's `map_started` events: where a map began more than once, all of its
beginnings belong to it. */
export function playedMaps(state: MatchState, starts: readonly EventView[]): PlayedMap[] {
  const order = [...new Set(starts.map((event) => event.map_id))];
  const first = (mapId: string): number => starts.find((event) => event.map_id === mapId)?.seq ?? 1;
  const before = (mapId: string): number | null => {
    const next = order[order.indexOf(mapId) + 1];
    return next === undefined || next === null || !order.includes(mapId) ? null : first(next);
  };
  const finished = state.finished_maps.map((map) => finishedMap(map, { fromSeq: first(map.map_id), beforeSeq: before(map.map_id) }));
  const running = state.map;
  if (running === null || finished.some((map) => map.mapId === running.map_id)) return finished;
  return [...finished, runningMap(running)];
}

function finishedMap(map: MapResult, span: Span): PlayedMap {
  return { mapId: map.map_id, number: map.number, name: map.name, scoreA: map.score_a, scoreB: map.score_b, isRunning: false, span };
}

function runningMap(map: MapState): PlayedMap {
  const span = { fromSeq: map.first_seq, beforeSeq: null };
  return { mapId: map.map_id, number: map.number, name: map.name, scoreA: map.score_a, scoreB: map.score_b, isRunning: true, span };
}
