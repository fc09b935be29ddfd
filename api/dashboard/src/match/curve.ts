/* Predictions of a map as columns for a chart. Pure functions. */

import type { Horizon, PointView } from "../contract";
import { isIn, type Void } from "../live/feed";

export const HORIZONS: readonly Horizon[] = ["round", "map", "series"];

export interface Curve {
  seq: number[];
  /** Seconds since the first prediction of the map. */
  t: number[];
  roundNo: (number | null)[];
  startMs: number;
  p: Record<Horizon, number[]>;
  lo: Record<Horizon, number[]>;
  hi: Record<Horizon, number[]>;
  /** Where each round begins: its number and its first second. */
  rounds: { number: number; t: number }[];
}

/** History and what the live feed has beyond it, without what was withdrawn. */
export function joined(history: readonly PointView[], tail: readonly PointView[], options: { mapId: string; voids: readonly Void[] }): PointView[] {
  const last = history.at(-1)?.seq ?? 0;
  const all = [...history, ...tail.filter((each) => each.seq > last)];
  return all.filter((each) => each.map_id === options.mapId && !options.voids.some((span) => isIn(each.seq, span)));
}

/** The parsed time of each point, in milliseconds since 1970: the chart is redrawn often, and parsing dates is slow. */
const TIMES = new WeakMap<PointView, number>();

function msOf(point: PointView): number {
  const known = TIMES.get(point);
  if (known !== undefined) return known;
  const ms = Date.parse(point.ts_event);
  TIMES.set(point, ms);
  return ms;
}

/** The last of each second, and all of the round that runs: what the feed has told of a long match is more than a chart has
pixels. */
export function thinned(points: readonly PointView[], running: number | null): PointView[] {
  const second = (point: PointView): number => Math.floor(msOf(point) / 1000);
  return points.filter((each, at) => {
    const next = points[at + 1];
    return next === undefined || next.round_no !== each.round_no || (running !== null && each.round_no === running) || second(next) !== second(each);
  });
}

export function curve(predictions: readonly PointView[]): Curve {
  const startMs = predictions[0] === undefined ? 0 : msOf(predictions[0]);
  const empty = (): Record<Horizon, number[]> => ({ round: [], map: [], series: [] });
  const made: Curve = { seq: [], t: [], roundNo: [], startMs, p: empty(), lo: empty(), hi: empty(), rounds: [] };
  for (const each of predictions) {
    const t = (msOf(each) - startMs) / 1000;
    const previous = made.roundNo.at(-1) ?? null;
    made.seq.push(each.seq);
    made.t.push(Math.max(t, made.t.at(-1) ?? 0));
    made.roundNo.push(each.round_no);
    for (const horizon of HORIZONS) {
      made.p[horizon].push(each[horizon]?.p_a ?? NaN);
      made.lo[horizon].push(each[horizon]?.lo ?? NaN);
      made.hi[horizon].push(each[horizon]?.hi ?? NaN);
    }
    if (each.round_no !== null && each.round_no !== previous) made.rounds.push({ number: each.round_no, t });
  }
  return made;
}
