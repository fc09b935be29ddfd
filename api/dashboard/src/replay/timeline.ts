/* One round as it can be played: tracks of players and what happened when, built from the events of the round.

Belongs here: what of each event is kept. Does not belong here: where somebody is between two samples (`track`), what is
seen at one moment (`scene`). */

import type { EventView, PlayerPosition } from "../contract";
import { killing, type Killing } from "../match/kills";
import type { Sample } from "./track";

export interface Place {
  x: number;
  y: number;
  z: number;
}

export interface Shot {
  ms: number;
  playerId: string;
  weapon: string | null;
  place: Place | null;
  yawDeg: number | null;
}

export interface Throw {
  id: string;
  kind: string;
  playerId: string | null;
  from: Place | null;
  thrownMs: number;
  burstAt: Place | null;
  burstMs: number | null;
  endMs: number | null;
}

export interface Blinded {
  ms: number;
  playerId: string;
  untilMs: number;
}

export interface BombStep {
  ms: number;
  status: string;
  playerId: string | null;
  site: string | null;
  place: Place | null;
  hasKit: boolean;
}

export interface Gear {
  ms: number;
  playerId: string;
  hasHelmet?: boolean;
  hasKit?: boolean;
  armor?: number;
  money?: number;
  primary?: string;
}

export interface Hurt {
  ms: number;
  playerId: string;
  health: number;
  armor: number | null;
  fromId: string | null;
}

/** Somebody who had died plays on. */
export interface Spawn {
  ms: number;
  playerId: string;
}

/** Somebody left the server. */
export interface Leaving {
  ms: number;
  playerId: string;
}

/** A moment that can be sought. */
export interface Mark {
  ms: number;
  kind: "kill" | "bomb" | "live" | "end";
  label: string;
  team: "A" | "B" | null;
}

export interface Timeline {
  startMs: number;
  /** Of its newest event, and soon after it was decided: what follows the last round of a map is a break. */
  endMs: number;
  /** End of freeze time. */
  liveMs: number | null;
  decidedMs: number | null;
  winnerTeam: "A" | "B" | null;
  reason: string | null;
  tracks: Map<string, Sample[]>;
  shots: Shot[];
  throws: Map<string, Throw>;
  blinds: Blinded[];
  bomb: BombStep[];
  gear: Gear[];
  hurts: Hurt[];
  spawns: Spawn[];
  leavings: Leaving[];
  kills: Killing[];
  marks: Mark[];
  lastSeq: number;
  /** How many events are in it. */
  count: number;
}

/** How long a decided round goes on. */
export const AFTERMATH_MS = 8_000;

export function newTimeline(): Timeline {
  return {
    startMs: 0,
    endMs: 0,
    liveMs: null,
    decidedMs: null,
    winnerTeam: null,
    reason: null,
    tracks: new Map(),
    shots: [],
    throws: new Map(),
    blinds: [],
    bomb: [],
    gear: [],
    hurts: [],
    spawns: [],
    leavings: [],
    kills: [],
    marks: [],
    lastSeq: 0,
    count: 0,
  };
}

/** The timeline with all of a round's events, in the order of their seq: the one that is given where they only follow what
is in it, else one made anew. */
export function extended(timeline: Timeline, events: readonly EventView[]): Timeline {
  const isFollowed = timeline.count === 0 || events[timeline.count - 1]?.seq === timeline.lastSeq;
  const grown = isFollowed ? timeline : newTimeline();
  extend(grown, events.slice(grown.count));
  return grown;
}

/** Adds events in the order of their seq. The timeline grows in place: it is long, and one is built a round. */
export function extend(timeline: Timeline, events: readonly EventView[]): void {
  for (const event of events) {
    if (event.seq <= timeline.lastSeq) continue;
    timeline.lastSeq = event.seq;
    timeline.count += 1;
    take(timeline, event, Date.parse(event.ts_event));
  }
}

function take(timeline: Timeline, event: EventView, ms: number): void {
  if (timeline.startMs === 0) timeline.startMs = ms;
  timeline.endMs = Math.min(Math.max(timeline.endMs, ms), timeline.decidedMs === null ? Infinity : timeline.decidedMs + AFTERMATH_MS);
  if (event.facts.length > 0) wentLive(timeline, event, ms);
  const told = event.payload;
  switch (event.type) {
    case "position_sample":
      for (const player of told["players"] as PlayerPosition[]) sample(timeline, player, ms);
      return;
    case "round_ended":
      return decided(timeline, event, ms);
    case "kill":
      return killed(timeline, event, ms);
    case "weapon_fire":
      timeline.shots.push({ ms, playerId: told["player_id"] as string, weapon: text(told["weapon"]), place: place(told["position"]), yawDeg: number(told["yaw_deg"]) });
      return;
    case "grenade_thrown":
    case "grenade_detonated":
    case "grenade_expired":
      return grenade(timeline, event, ms);
    case "blind":
      timeline.blinds.push({ ms, playerId: told["victim_player_id"] as string, untilMs: ms + (number(told["duration_s"]) ?? 0) * 1000 });
      return;
    case "damage":
      return hurt(timeline, told, ms);
    case "player_spawned":
      return spawned(timeline, event, ms);
    case "player_disconnected":
      timeline.leavings.push({ ms, playerId: told["player_id"] as string });
      return;
    case "economy":
      for (const loadout of told["players"] as Record<string, unknown>[]) timeline.gear.push(gear(loadout, ms));
      return;
    default:
      if (event.type.startsWith("bomb_")) bomb(timeline, event, ms);
  }
}

function sample(timeline: Timeline, player: PlayerPosition, ms: number): void {
  const track = timeline.tracks.get(player.player_id) ?? [];
  if (track.length === 0) timeline.tracks.set(player.player_id, track);
  const before = track.at(-1);
  if (before !== undefined && before.ms > ms) return;
  track.push({
    ms,
    x: player.x,
    y: player.y,
    z: player.z,
    yawDeg: player.yaw_deg ?? null,
    isAlive: player.is_alive ?? true,
    health: player.health ?? null,
    armor: player.armor ?? null,
    money: player.money ?? null,
    weapon: player.weapon ?? null,
    hasBomb: player.has_bomb ?? false,
  });
}

const BEGINS_FREEZE = ["round_started", "phase_changed"];

/** Freeze time ends; a round that an event of play began is live from there on. */
function wentLive(timeline: Timeline, event: EventView, ms: number): void {
  const isSeen = event.facts.some((each) => each["fact"] === "round_went_live");
  const isJoined = event.facts.some((each) => each["fact"] === "round_began") && !BEGINS_FREEZE.includes(event.type);
  if (isSeen || isJoined) timeline.liveMs = ms;
  if (isSeen) timeline.marks.push({ ms, kind: "live", label: "Round goes live", team: null });
}

function decided(timeline: Timeline, event: EventView, ms: number): void {
  const fact = event.facts.find((each) => each["fact"] === "round_decided");
  if (fact === undefined) return;
  timeline.decidedMs = ms;
  timeline.winnerTeam = fact["winner_team"] as "A" | "B";
  timeline.reason = fact["reason"] as string;
  timeline.marks.push({ ms, kind: "end", label: "Round decided", team: timeline.winnerTeam });
}

function killed(timeline: Timeline, event: EventView, ms: number): void {
  const kill = killing(event);
  if (kill === null) return;
  timeline.kills.push(kill);
  timeline.hurts.push({ ms, playerId: kill.victimId, health: 0, armor: null, fromId: kill.killerId });
  timeline.marks.push({ ms, kind: "kill", label: "Kill", team: kill.killerTeam });
}

function grenade(timeline: Timeline, event: EventView, ms: number): void {
  const told = event.payload;
  const kind = told["grenade"] as string;
  const id = text(told["grenade_id"]) ?? begunId(timeline, event) ?? `${kind}/${event.seq}`;
  const known = timeline.throws.get(id) ?? { id, kind, playerId: text(told["player_id"]), from: null, thrownMs: ms, burstAt: null, burstMs: null, endMs: null };
  const where = place(told["position"]);
  if (event.type === "grenade_thrown") timeline.throws.set(id, { ...known, from: where, thrownMs: ms });
  else if (event.type === "grenade_detonated") timeline.throws.set(id, { ...known, burstAt: where ?? known.from, burstMs: ms });
  else timeline.throws.set(id, { ...known, endMs: ms });
}

/** The throw that an event without an id goes on with: the player's oldest of that kind that may burst, or end; null: none. */
function begunId(timeline: Timeline, { type, payload }: EventView): string | null {
  const awaits = (each: Throw): boolean => (type === "grenade_detonated" ? each.burstMs === null : type === "grenade_expired" && each.burstMs !== null && each.endMs === null);
  const own = [...timeline.throws.values()].filter((each) => each.kind === payload["grenade"] && each.playerId === text(payload["player_id"]));
  return own.find(awaits)?.id ?? null;
}

function hurt(timeline: Timeline, told: Record<string, unknown>, ms: number): void {
  const health = number(told["health_after"]);
  if (health === null) return;
  timeline.hurts.push({ ms, playerId: told["victim_player_id"] as string, health, armor: number(told["armor_after"]), fromId: text(told["attacker_player_id"]) });
}

function spawned(timeline: Timeline, event: EventView, ms: number): void {
  const fact = event.facts.find((each) => each["fact"] === "spawned");
  if (fact !== undefined) timeline.spawns.push({ ms, playerId: fact["player_id"] as string });
}

function bomb(timeline: Timeline, event: EventView, ms: number): void {
  const fact = event.facts.find((each) => each["fact"] === "bomb_changed");
  if (fact === undefined) return;
  const status = fact["status"] as string;
  const site = text(fact["site"]);
  timeline.bomb.push({ ms, status, playerId: text(fact["player_id"]), site, place: place(event.payload["position"]), hasKit: fact["has_kit"] === true });
  const label = { planted: `Planted${site === null ? "" : ` on ${site.toUpperCase()}`}`, defused: "Defused", exploded: "Exploded", defusing: "Defuse begun" }[status];
  if (label !== undefined) timeline.marks.push({ ms, kind: "bomb", label, team: null });
}

function gear(loadout: Record<string, unknown>, ms: number): Gear {
  const made: Gear = { ms, playerId: loadout["player_id"] as string };
  if (typeof loadout["has_helmet"] === "boolean") made.hasHelmet = loadout["has_helmet"];
  if (typeof loadout["has_kit"] === "boolean") made.hasKit = loadout["has_kit"];
  if (typeof loadout["armor"] === "number") made.armor = loadout["armor"];
  if (typeof loadout["money"] === "number") made.money = loadout["money"];
  if (typeof loadout["primary"] === "string") made.primary = loadout["primary"];
  return made;
}

function place(value: unknown): Place | null {
  return typeof value === "object" && value !== null ? (value as Place) : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
