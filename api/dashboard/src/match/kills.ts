/* Kills from the facts of events, and what they add to statistics that are told once a round. Pure functions. */

import type { EventView, MapLine, Side, Team } from "../contract";

export interface Killing {
  seq: number;
  roundNo: number | null;
  mapId: string | null;
  tsMs: number;
  roundTimeS: number | null;
  victimId: string;
  victimTeam: Team | null;
  victimSide: Side | null;
  killerId: string | null;
  killerTeam: Team | null;
  killerSide: Side | null;
  assisterId: string | null;
  flashAssisterId: string | null;
  weapon: string | null;
  isHeadshot: boolean;
  isThroughSmoke: boolean;
  isWallbang: boolean;
  isNoScope: boolean;
  isBlind: boolean;
  isTeamKill: boolean;
  isPostRound: boolean;
  /** Change of team A's chance of the round that is credited to this event. */
  swingA: number;
}

/** The kill in an event of that type; null for a warm-up kill and for one that the match did not count. */
export function killing(event: EventView): Killing | null {
  const fact = event.facts.find((each) => each["fact"] === "killed");
  if (fact === undefined || event.match_tag === "warmup" || event.match_tag === "knife") return null;
  const { payload } = event;
  return {
    seq: event.seq,
    roundNo: event.round_no,
    mapId: event.map_id,
    tsMs: Date.parse(event.ts_event),
    roundTimeS: fact["round_time_s"] as number | null,
    victimId: fact["victim_id"] as string,
    victimTeam: fact["victim_team"] as Team | null,
    victimSide: fact["victim_side"] as Side | null,
    killerId: fact["killer_id"] as string | null,
    killerTeam: fact["killer_team"] as Team | null,
    killerSide: fact["killer_side"] as Side | null,
    assisterId: (fact["assister_id"] ?? null) as string | null,
    flashAssisterId: (fact["flash_assister_id"] ?? null) as string | null,
    weapon: fact["weapon"] as string | null,
    isHeadshot: fact["is_headshot"] === true,
    isThroughSmoke: payload["is_through_smoke"] === true,
    isWallbang: Number(payload["penetrated_objects"] ?? 0) > 0,
    isNoScope: payload["is_no_scope"] === true,
    isBlind: payload["is_attacker_blind"] === true,
    isTeamKill: fact["is_team_kill"] === true,
    isPostRound: fact["is_post_round"] === true,
    swingA: swingOf(event),
  };
}

export interface Line {
  kills: number;
  deaths: number;
  assists: number;
  /** Over finished rounds; null before the first. */
  adr: number | null;
  kast: number | null;
  rating: number | null;
}

/** A player's line on a map at this moment: the finished rounds as they were told, and the kills since. */
export function lineOf(playerId: string, told: MapLine | undefined, kills: readonly Killing[]): Line {
  const stats = told?.stats ?? {};
  const since = kills.filter((kill) => kill.seq > (told?.seq ?? 0) && !kill.isPostRound);
  const own = since.filter((kill) => kill.killerId === playerId && !kill.isTeamKill && kill.victimId !== playerId);
  return {
    kills: (stats["kills.enemy"] ?? 0) + own.length,
    deaths: (stats["deaths"] ?? 0) + since.filter((kill) => kill.victimId === playerId).length,
    assists: (stats["assists"] ?? 0) + since.filter((kill) => kill.assisterId === playerId || kill.flashAssisterId === playerId).length,
    adr: stats["adr"] ?? null,
    kast: stats["kast"] ?? null,
    rating: stats["rating.2.est"] ?? null,
  };
}

/** Whether a player took part in a map: something is told of him, or he was in a kill. */
export function hasPlayed(playerId: string, told: MapLine | undefined, kills: readonly Killing[]): boolean {
  return told !== undefined || kills.some((kill) => [kill.killerId, kill.victimId, kill.assisterId, kill.flashAssisterId].includes(playerId));
}

function swingOf(event: EventView): number {
  return event.facts
    .filter((fact) => fact["fact"] === "swing_credited")
    .reduce((sum, fact) => sum + Number(fact["p_a_after"]) - Number(fact["p_a_before"]), 0);
}
