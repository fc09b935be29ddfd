/* Numbers, times and names as the pages write them. Pure functions. */

import type { Side, Team } from "./contract";

/** `0.6234` is `62.3`, or `62` with no decimals; a decided chance is exactly 0 or 100. */
export function percent(chance: number, decimals = 1): string {
  if (chance <= 0) return "0";
  if (chance >= 1) return "100";
  const least = 10 ** -decimals;
  return Math.min(100 - least, Math.max(least, chance * 100)).toFixed(decimals);
}

/** A difference with its sign; none where nothing of it is shown. */
export function signed(difference: number, decimals: number): string {
  const shown = Math.abs(difference).toFixed(decimals);
  if (Number(shown) === 0) return shown;
  return `${difference < 0 ? "−" : "+"}${shown}`;
}

/** A change of a chance in percentage points. */
export function points(change: number): string {
  return signed(change * 100, 1);
}

/** Seconds as `1:05`; under ten seconds of a clock that runs out, tenths are worth showing. */
export function clock(seconds: number, options: { tenths?: boolean } = {}): string {
  const left = Math.max(0, seconds);
  if (options.tenths === true && left < 10) return left.toFixed(1);
  const whole = Math.floor(left);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function dollars(amount: number | null | undefined): string {
  return amount === null || amount === undefined ? "–" : `$${amount.toLocaleString("en-US")}`;
}

export function millis(ms: number | null): string {
  if (ms === null) return "–";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(0)} ms`;
}

export function mapName(name: string | null): string {
  if (name === null) return "Map unknown";
  const plain = name.replace(/^(de|cs)_/, "");
  return plain === "dust2" ? "Dust II" : plain.charAt(0).toUpperCase() + plain.slice(1);
}

export function teamName(team: Team, names: { name_a: string | null; name_b: string | null }): string {
  return (team === "A" ? names.name_a : names.name_b) ?? `Team ${team}`;
}

/** A name within a text of figures and other names: one that is written from right to left turns nothing around it. In a page
it stands in a `bdi`. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

const WEAPONS: Record<string, string> = {
  ak47: "AK-47",
  m4a1: "M4A4",
  m4a1_silencer: "M4A1-S",
  m4a4: "M4A4",
  awp: "AWP",
  ssg08: "SSG 08",
  galilar: "Galil",
  famas: "FAMAS",
  aug: "AUG",
  sg556: "SG 553",
  mac10: "MAC-10",
  mp9: "MP9",
  mp7: "MP7",
  mp5sd: "MP5",
  ump45: "UMP-45",
  p90: "P90",
  bizon: "Bizon",
  usp_silencer: "USP-S",
  hkp2000: "P2000",
  glock: "Glock",
  deagle: "Deagle",
  p250: "P250",
  tec9: "Tec-9",
  fiveseven: "Five-SeveN",
  cz75a: "CZ75",
  elite: "Dualies",
  revolver: "R8",
  hegrenade: "HE",
  inferno: "Fire",
  molotov: "Molotov",
  incgrenade: "Incendiary",
  knife: "Knife",
  taser: "Zeus",
  c4: "C4",
};

export function weaponName(weapon: string | null | undefined): string {
  if (weapon === null || weapon === undefined || weapon === "") return "";
  const plain = weapon.toLowerCase().replace(/^weapon_/, "");
  return WEAPONS[plain] ?? plain.replace(/_/g, " ");
}

const ENDINGS: Record<string, string> = {
  ct_win: "CT eliminated the Ts",
  t_win: "T eliminated the CTs",
  bomb_defused: "Bomb defused",
  target_bombed: "Bomb exploded",
  time_ran_out: "Time ran out",
  surrender: "Surrender",
  draw: "Draw",
  unknown: "Ending unknown",
};

export function endingName(reason: string): string {
  return ENDINGS[reason] ?? reason.replace(/_/g, " ");
}

const PHASES: Record<string, string> = {
  warmup: "Warm-up",
  knife: "Knife round",
  freeze_time: "Freeze time",
  live: "Live",
  planted: "Bomb planted",
  round_end: "Round over",
  half_time: "Half-time",
  overtime: "Overtime",
  timeout: "Timeout",
  technical_pause: "Technical pause",
  game_over: "Game over",
  abandoned: "Abandoned",
};

export function phaseName(phase: string | null): string {
  return phase === null ? "Before the start" : (PHASES[phase] ?? phase.replace(/_/g, " "));
}

const CAUSES: Record<string, string> = {
  bomb_planting: "Plant begun",
  bomb_planted: "Plant",
  bomb_defusing: "Defuse begun",
  bomb_defused: "Defuse",
  bomb_exploded: "Explosion",
  bomb_dropped: "Bomb dropped",
  bomb_carried: "Bomb picked up",
};

export function causeName(cause: string): string {
  const plain = cause.replace(/_/g, " ");
  return CAUSES[cause] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

export function sideName(side: Side): string {
  return side === "ct" ? "CT" : "T";
}

export function otherSide(side: Side): Side {
  return side === "ct" ? "t" : "ct";
}

export function sideOf(team: Team | null, aSide: Side): Side | null {
  if (team === null) return null;
  return team === "A" ? aSide : otherSide(aSide);
}

const MOMENT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

/** A moment in this browser's time zone. A text that is no date is returned unchanged. */
export function moment(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : MOMENT.format(at);
}
