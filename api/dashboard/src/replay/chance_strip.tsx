/* Team A's chance of the round along the round, above the place in it. */

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { PointView } from "../contract";
import { percent, teamName } from "../format";
import { placeOf } from "../live/use_feed";
import type { Watched } from "../match/page";
import { useLog } from "../match/use_log";
import { isOver } from "../matches/standing";
import type { PlayableRound } from "./rounds";
import type { Timeline } from "./timeline";
import { lastNotAfter } from "./track";

const SOURCE = { part: "/predictions", everyMs: 3_000 };
const HEIGHT = 100;
const WIDTH = 1000;

interface Told {
  ms: number;
  p: number;
}

export function ChanceStrip(props: { watched: Watched; round: PlayableRound; timeline: Timeline; ms: number; version: string }): JSX.Element {
  const { watched, round, timeline, ms } = props;
  const span = useMemo(() => ({ fromSeq: round.fromSeq, beforeSeq: round.beforeSeq }), [round.fromSeq, round.beforeSeq]);
  const { items, problem } = useLog<PointView>(watched.matchId, SOURCE, span, { version: props.version, isOver: isOver(watched.state), at: placeOf(watched.live) });
  const told = useMemo(() => items.filter((each) => each.round_no === round.number && timeline.startMs > 0).map((each): Told => ({ ms: Date.parse(each.ts_event), p: each.round?.p_a ?? 0.5 })), [items, round.number, timeline.startMs]);
  const now = told[lastNotAfter(told, ms)];
  const name = teamName("A", watched.state);
  return (
    <div class="chance-strip">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <line class="middle" x1={0} x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
        <path class="area" d={area(told, timeline)} />
        <path class="line" d={line(told, timeline)} />
      </svg>
      <span class="chance-now">
        <bdi>{name}</bdi> <b>{now === undefined ? "–" : `${percent(now.p)} %`}</b>
        {problem === null ? null : <span class="warn"> The chances cannot be read: {problem.problem.detail}</span>}
      </span>
    </div>
  );
}

function x(ms: number, timeline: Timeline): number {
  return ((ms - timeline.startMs) / Math.max(1, timeline.endMs - timeline.startMs)) * WIDTH;
}

/** Steps: a chance holds until the next. */
function line(told: readonly Told[], timeline: Timeline): string {
  const [first] = told;
  if (first === undefined) return "";
  const steps = told.map((each) => `H${x(each.ms, timeline).toFixed(1)}V${((1 - each.p) * HEIGHT).toFixed(1)}`);
  return `M${x(first.ms, timeline).toFixed(1)},${((1 - first.p) * HEIGHT).toFixed(1)}${steps.join("")}H${WIDTH}`;
}

/** Between the line and an even chance. */
function area(told: readonly Told[], timeline: Timeline): string {
  const [first] = told;
  return first === undefined ? "" : `${line(told, timeline)}V${HEIGHT / 2}H${x(first.ms, timeline).toFixed(1)}Z`;
}
