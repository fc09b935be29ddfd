/* The way of one player through a round: samples, and where the player is between them.

Belongs here: samples and interpolation. Does not belong here: events (`timeline`), drawing (`painting`). */

export interface Sample {
  /** Milliseconds of event time. */
  ms: number;
  x: number;
  y: number;
  z: number;
  yawDeg: number | null;
  isAlive: boolean;
  health: number | null;
  armor: number | null;
  money: number | null;
  weapon: string | null;
  hasBomb: boolean;
}

/** Faster than anyone runs, falls or is pushed, in game units a second: a jump like this is a new start. */
export const LEAP_UNITS_S = 900;
/** Samples further apart have an unknown way between them. */
export const HOLE_MS = 3_000;

/** The sample at `ms`, its place and direction between the two around it; null before the first. */
export function sampleAt(samples: readonly Sample[], ms: number): Sample | null {
  const at = lastNotAfter(samples, ms);
  const here = samples[at];
  if (here === undefined) return null;
  const next = samples[at + 1];
  if (next === undefined || !isWalk(here, next)) return here;
  const share = (ms - here.ms) / (next.ms - here.ms);
  return {
    ...here,
    x: here.x + (next.x - here.x) * share,
    y: here.y + (next.y - here.y) * share,
    z: here.z + (next.z - here.z) * share,
    yawDeg: turned(here.yawDeg, next.yawDeg, share),
  };
}

/** Index of the last item whose `ms` is not after `ms`; -1 where all are. */
export function lastNotAfter(items: readonly { ms: number }[], ms: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.ms ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The shorter way round from one direction to another. */
export function turned(from: number | null, to: number | null, share: number): number | null {
  if (from === null || to === null) return from;
  const way = ((((to - from) % 360) + 540) % 360) - 180;
  return from + way * share;
}

function isWalk(here: Sample, next: Sample): boolean {
  const passedMs = next.ms - here.ms;
  if (passedMs <= 0 || passedMs > HOLE_MS || !here.isAlive) return false;
  return Math.hypot(next.x - here.x, next.y - here.y) / (passedMs / 1000) <= LEAP_UNITS_S;
}
