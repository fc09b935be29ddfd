/* How a match stands: announced, in play, silent, broken off, over. Pure functions.

Belongs here: what is told from a match and from when it moved. Does not belong here: cards (`page`), rows (`found`). */

import type { MatchSummary } from "../contract";
import type { FoundMatch } from "../contract_records";

export type Standing = "announced" | "live" | "silent" | "broken_off" | "over";

/** In words. */
export const STANDINGS: Record<Standing, string> = { announced: "Announced", live: "Live", silent: "Silent", broken_off: "Broken off", over: "Ended" };

type Told = Pick<MatchSummary, "match_id" | "seq" | "phase" | "map" | "last_ts" | "is_series_over" | "match_tag">;

/** Longer than any source is silent in play. */
export const SILENT_IN_PLAY_MS = 60_000;
/** Longer than the break between two maps. */
export const SILENT_MS = 20 * 60_000;

/** Nobody waits for the source of such a match any more; as the search has it (BROKEN_OFF_AFTER). */
export const BROKEN_OFF_MS = 12 * 3_600_000;

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

/** Whether nothing more is to come: the series was won, or ended without a decision. */
export function isOver(match: Pick<MatchSummary, "is_series_over" | "match_tag">): boolean {
  return match.is_series_over || match.match_tag === "over";
}

/** A match that moves is live also where the times of its events are of another day, as those of a replay are. */
export function standing(match: Told, movedMs: number | null, nowMs: number): Standing {
  if (isOver(match)) return "over";
  if (match.phase === null && match.map === null) return "announced";
  const mostMs = match.phase === "live" || match.phase === "planted" ? SILENT_IN_PLAY_MS : SILENT_MS;
  const toldMs = match.last_ts === null ? -Infinity : Date.parse(match.last_ts);
  const silentMs = nowMs - Math.max(toldMs, movedMs ?? -Infinity);
  if (match.last_ts !== null && silentMs > BROKEN_OFF_MS) return "broken_off";
  return silentMs > mostMs ? "silent" : "live";
}

/** The catalog follows a match round by round: one of which it has heard nothing for long is not told as live. */
export function foundStanding(match: Pick<FoundMatch, "status" | "last_event_at">, nowMs: number): Standing {
  if (match.status === "announced" || match.status === "over" || match.status === "broken_off") return match.status;
  return nowMs - Date.parse(match.last_event_at) > SILENT_MS ? "silent" : "live";
}
