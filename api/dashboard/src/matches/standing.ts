/* How a match of the list stands: announced, in play, silent, over. Pure functions.

Belongs here: what is told from a match and from when it moved. Does not belong here: cards (`page`). */

import type { MatchSummary } from "../contract";

export type Standing = "announced" | "live" | "silent" | "over";

type Told = Pick<MatchSummary, "match_id" | "seq" | "phase" | "map" | "last_ts" | "is_series_over" | "match_tag">;

/** Longer than any source is silent in play. */
export const SILENT_IN_PLAY_MS = 60_000;
/** Longer than the break between two maps. */
export const SILENT_MS = 20 * 60_000;

/** What the page has seen of a match: its newest seq, and when it came; null for the one that was there at first. */
export interface Movement {
  seq: number;
  movedMs: number | null;
}

/** What was seen, with the newest list. */
export function moved(before: ReadonlyMap<string, Movement>, matches: readonly Told[], nowMs: number): ReadonlyMap<string, Movement> {
  return new Map(
    matches.map(({ match_id, seq }) => {
      const known = before.get(match_id);
      if (known === undefined) return [match_id, { seq, movedMs: null }];
      return [match_id, known.seq === seq ? known : { seq, movedMs: nowMs }];
    }),
  );
}

/** A match that moves is live also where the times of its events are of another day, as those of a replay are. */
export function standing(match: Told, movedMs: number | null, nowMs: number): Standing {
  if (match.is_series_over || match.match_tag === "over") return "over";
  if (match.phase === null && match.map === null) return "announced";
  const mostMs = match.phase === "live" || match.phase === "planted" ? SILENT_IN_PLAY_MS : SILENT_MS;
  const toldMs = match.last_ts === null ? -Infinity : Date.parse(match.last_ts);
  return nowMs - Math.max(toldMs, movedMs ?? -Infinity) > mostMs ? "silent" : "live";
}
