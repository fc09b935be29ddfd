/* Win probability over time with its interval, rounds, and the moments that moved it.

Belongs here: what is said above and below the chart. Does not belong here: the chart itself (`plot`), where its figures come
from (`curve`, `swings`). */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useMemo, useState } from "preact/hooks";
import type { Horizon } from "../contract";
import { causeName, clock, isolated, percent, points, teamName } from "../format";
import type { Cast } from "./cast";
import { HORIZONS, type Curve } from "./curve";
import { HORIZON_NAMES, Plot, second } from "./plot";
import type { Move } from "./swings";

const MARKED = 0.12;

export const ChanceChart = memo(function ChanceChart(props: { curve: Curve; moves: Move[]; cast: Cast; isComplete: boolean }): JSX.Element {
  const { curve, cast } = props;
  const [horizons, setHorizons] = useState<readonly Horizon[]>(cast.best_of > 1 ? HORIZONS : ["round", "map"]);
  const [at, setAt] = useState<number | null>(null);
  const marks = useMemo(() => greatest(props.moves.filter((move) => Math.abs(move.change) >= MARKED)), [props.moves]);
  const toggle = (horizon: Horizon): void => {
    setHorizons((before) => (before.includes(horizon) ? before.filter((each) => each !== horizon) : [...before, horizon]));
  };
  const index = at ?? curve.t.length - 1;
  const below = note({ curve, marks, horizons }, at, cast, props.isComplete);
  return (
    <>
      <header class="panel-head">
        <h2>Win probability of <bdi>{teamName("A", cast)}</bdi></h2>
        <div class="legend" role="group" aria-label="Horizons shown">
          {HORIZONS.map((horizon) => (
            <button key={horizon} type="button" class={`key ${horizon}`} aria-pressed={horizons.includes(horizon)} onClick={() => { toggle(horizon); }}>
              <span class="swatch" aria-hidden="true" />
              {HORIZON_NAMES[horizon]}
              <b>{curve.p[horizon][index] === undefined ? "–" : percent(curve.p[horizon][index])}</b>
            </button>
          ))}
        </div>
      </header>
      {curve.t.length === 0 ? <p class="muted small">No prediction on this map yet.</p> : <Plot shown={{ curve, marks }} horizons={horizons} at={at} said={below} told={setAt} />}
      <p class="muted small chart-note">{below}</p>
    </>
  );
});

/** As many marks as a chart of this screen has room for. */
function greatest(moves: Move[]): Move[] {
  const least = [...moves].sort((one, other) => Math.abs(other.change) - Math.abs(one.change))[Math.floor(innerWidth / 24)];
  return least === undefined ? moves : moves.filter((move) => Math.abs(move.change) > Math.abs(least.change));
}

/** One line below the chart: what is looked at by pointer or key, else what the marks are. */
function note(shown: { curve: Curve; marks: Move[]; horizons: readonly Horizon[] }, at: number | null, cast: Cast, isComplete: boolean): string {
  const { curve, marks } = shown;
  if (at === null) {
    const reading = isComplete ? "" : " Earlier rounds are still being read.";
    return `Bands are 90 % intervals; marks are moments that moved the round by ${MARKED * 100} points or more.${reading}`;
  }
  const moment = `${roundName(curve.roundNo[at] ?? null)} ${clock(curve.t[at] ?? 0)}`;
  const near = marks.find((move) => Math.abs(second(move, curve) - (curve.t[at] ?? 0)) < 4);
  const interval = HORIZONS.filter((horizon) => shown.horizons.includes(horizon)).map((horizon) => between(curve, horizon, at)).join(", ");
  if (near === undefined) return `${moment}: ${interval}`;
  const [first] = near.credits;
  const who = first === undefined ? "" : ` by ${isolated(cast.players[first[0]]?.name ?? first[0])}`;
  return `${moment}: ${causeName(near.cause)}${who}, ${points(near.change)} points; ${interval}`;
}

function between(curve: Curve, horizon: Horizon, at: number): string {
  const [lo, hi] = [curve.lo[horizon][at] ?? NaN, curve.hi[horizon][at] ?? NaN];
  return Number.isNaN(lo) || Number.isNaN(hi) ? `${horizon} unknown` : `${horizon} between ${percent(lo)} and ${percent(hi)} %`;
}

function roundName(round: number | null): string {
  return round === null ? "Between rounds" : `Round ${round}`;
}
