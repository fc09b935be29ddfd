/* What is to be seen at one moment of a round. Pure functions over the timeline.

Belongs here: who stands where, what burns. Does not belong here: how it looks (`painting`). */

import type { Killing } from "../match/kills";
import type { BombStep, Place, Shot, Throw, Timeline } from "./timeline";
import { lastNotAfter, sampleAt, type Sample } from "./track";

export interface Figure extends Place {
  playerId: string;
  yawDeg: number | null;
  isAlive: boolean;
  health: number | null;
  armor: number | null;
  hasHelmet: boolean;
  hasKit: boolean;
  money: number | null;
  weapon: string | null;
  hasBomb: boolean;
  /** 1 at the flash, 0 when sight is back. */
  blindness: number;
  /** 1 at the moment of a hit, 0 a third of a second later. */
  pain: number;
  diedMs: number | null;
}

export interface Cloud {
  thrown: Throw;
  place: Place;
  /** 0 to 1 over its life. */
  age: number;
  leftS: number;
}

export interface Flight {
  thrown: Throw;
  place: Place;
}

export interface BombNow extends BombStep {
  leftS: number | null;
  defuseLeftS: number | null;
}

export interface Scene {
  ms: number;
  figures: Figure[];
  shots: (Shot & { age: number })[];
  clouds: Cloud[];
  flights: Flight[];
  bomb: BombNow | null;
  /** Kills of the last seconds, the newest first. */
  kills: Killing[];
}

export interface Timers {
  bombS: number;
  defuseS: number;
  defuseKitS: number;
}

/** How long a grenade is seen where its end is not told, in milliseconds. */
export const LASTS_MS: Record<string, number> = { smoke: 22_000, molotov: 7_000, incendiary: 5_500, decoy: 15_000, flash: 350, he: 450 };
const FUSE_MS = 1_800;
const SHOT_MS = 180;
const PAIN_MS = 350;
const KILL_MS = 8_000;
/** The health of who plays on. */
const WHOLE = 100;

export function sceneAt(timeline: Timeline, ms: number, timers: Timers): Scene {
  const died = deathsAt(timeline, ms);
  const figures: Figure[] = [];
  for (const playerId of timeline.tracks.keys()) {
    const figure = figureAt(timeline, playerId, ms, died.get(playerId) ?? null);
    if (figure !== null) figures.push(figure);
  }
  return {
    ms,
    figures,
    shots: recent(timeline.shots, ms, SHOT_MS).map((shot) => ({ ...shot, age: (ms - shot.ms) / SHOT_MS })),
    clouds: [...timeline.throws.values()].map((thrown) => cloudAt(thrown, ms)).filter((cloud): cloud is Cloud => cloud !== null),
    flights: [...timeline.throws.values()].map((thrown) => flightAt(thrown, ms)).filter((flight): flight is Flight => flight !== null),
    bomb: bombAt(timeline, ms, timers),
    kills: timeline.kills.filter((kill) => kill.tsMs <= ms && kill.tsMs > ms - KILL_MS).reverse(),
  };
}

/** When each died who is dead. */
function deathsAt(timeline: Timeline, ms: number): Map<string, number> {
  const died = new Map(timeline.kills.filter((kill) => kill.tsMs <= ms).map((kill) => [kill.victimId, kill.tsMs]));
  for (const spawn of timeline.spawns) if (spawn.ms <= ms && spawn.ms >= (died.get(spawn.playerId) ?? Infinity)) died.delete(spawn.playerId);
  return died;
}

/** Null of who was not seen yet, or left and was not seen since. */
function figureAt(timeline: Timeline, playerId: string, ms: number, diedMs: number | null): Figure | null {
  const sample = sampleAt(timeline.tracks.get(playerId) ?? [], diedMs === null ? ms : Math.min(ms, diedMs));
  if (sample === null) return null;
  const spawn = lastOf(timeline.spawns, playerId, ms);
  const isAlive = diedMs === null && (sample.isAlive || (spawn !== null && spawn.ms >= sample.ms));
  const left = lastOf(timeline.leavings, playerId, ms);
  if (isAlive && left !== null && left.ms >= sample.ms) return null;
  const told = lastOf(timeline.hurts, playerId, ms);
  const hit = told !== null && told.ms > (spawn?.ms ?? -Infinity) ? told : null;
  const isNewer = hit !== null && hit.ms >= sample.ms;
  const worn = gearAt(timeline, playerId, ms);
  return {
    playerId,
    x: sample.x,
    y: sample.y,
    z: sample.z,
    yawDeg: sample.yawDeg,
    isAlive,
    health: isAlive ? healthOf(sample, hit ?? (spawn === null ? null : { ms: spawn.ms, health: WHOLE })) : 0,
    armor: isNewer && hit.armor !== null ? hit.armor : (sample.armor ?? worn.armor),
    hasHelmet: worn.hasHelmet,
    hasKit: worn.hasKit,
    money: sample.money ?? worn.money,
    weapon: sample.weapon ?? worn.primary,
    hasBomb: isAlive && sample.hasBomb,
    blindness: blindnessAt(timeline, playerId, ms),
    pain: hit === null ? 0 : Math.max(0, 1 - (ms - hit.ms) / PAIN_MS),
    diedMs,
  };
}

/** By what was told last, of a sample and of a hit or another life. */
function healthOf(sample: Sample, last: { ms: number; health: number } | null): number | null {
  if (last === null) return sample.health;
  return last.ms >= sample.ms ? last.health : (sample.health ?? last.health);
}

interface Worn {
  hasHelmet: boolean;
  hasKit: boolean;
  armor: number | null;
  money: number | null;
  primary: string | null;
}

/** All that was told of the player's equipment until now. */
function gearAt(timeline: Timeline, playerId: string, ms: number): Worn {
  const worn: Worn = { hasHelmet: false, hasKit: false, armor: null, money: null, primary: null };
  for (const told of timeline.gear) {
    if (told.ms > ms) break;
    if (told.playerId !== playerId) continue;
    worn.hasHelmet = told.hasHelmet ?? worn.hasHelmet;
    worn.hasKit = told.hasKit ?? worn.hasKit;
    worn.armor = told.armor ?? worn.armor;
    worn.money = told.money ?? worn.money;
    worn.primary = told.primary ?? worn.primary;
  }
  return worn;
}

function blindnessAt(timeline: Timeline, playerId: string, ms: number): number {
  const blind = lastOf(timeline.blinds, playerId, ms);
  if (blind === null || ms >= blind.untilMs) return 0;
  return (blind.untilMs - ms) / (blind.untilMs - blind.ms);
}

function cloudAt(thrown: Throw, ms: number): Cloud | null {
  if (thrown.burstMs === null || thrown.burstAt === null || ms < thrown.burstMs) return null;
  const endMs = thrown.endMs ?? thrown.burstMs + (LASTS_MS[thrown.kind] ?? 1_000);
  if (ms >= endMs) return null;
  const age = (ms - thrown.burstMs) / (endMs - thrown.burstMs);
  return { thrown, place: thrown.burstAt, age, leftS: (endMs - ms) / 1000 };
}

function flightAt(thrown: Throw, ms: number): Flight | null {
  if (thrown.from === null || ms < thrown.thrownMs) return null;
  const landsMs = thrown.burstMs ?? thrown.thrownMs + FUSE_MS;
  if (ms >= landsMs) return null;
  const to = thrown.burstAt ?? thrown.from;
  const share = (ms - thrown.thrownMs) / Math.max(1, landsMs - thrown.thrownMs);
  const ahead = 1 - (1 - share) ** 2;
  return { thrown, place: { x: mixed(thrown.from.x, to.x, ahead), y: mixed(thrown.from.y, to.y, ahead), z: mixed(thrown.from.z, to.z, ahead) } };
}

function bombAt(timeline: Timeline, ms: number, timers: Timers): BombNow | null {
  const steps = timeline.bomb.slice(0, lastNotAfter(timeline.bomb, ms) + 1);
  const last = steps.at(-1);
  if (last === undefined) return null;
  const planted = steps.find((step) => step.status === "planted");
  const isTicking = planted !== undefined && last.status !== "defused" && last.status !== "exploded";
  const defuseS = last.hasKit ? timers.defuseKitS : timers.defuseS;
  return {
    ...last,
    place: planted?.place ?? last.place,
    site: planted?.site ?? last.site,
    leftS: isTicking ? Math.max(0, timers.bombS - (ms - planted.ms) / 1000) : null,
    defuseLeftS: last.status === "defusing" ? Math.max(0, defuseS - (ms - last.ms) / 1000) : null,
  };
}

/** The items of the last `spanMs` before `ms`. */
function recent<T extends { ms: number }>(items: readonly T[], ms: number, spanMs: number): T[] {
  return items.slice(lastNotAfter(items, ms - spanMs) + 1, lastNotAfter(items, ms) + 1);
}

/** The player's last item that is not after `ms`. */
function lastOf<T extends { ms: number; playerId: string }>(items: readonly T[], playerId: string, ms: number): T | null {
  for (let at = lastNotAfter(items, ms); at >= 0; at -= 1) {
    const item = items[at];
    if (item?.playerId === playerId) return item;
  }
  return null;
}

function mixed(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
