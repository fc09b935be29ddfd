/* Win probability over time with its interval, rounds, and the moments that moved it.

Belongs here: the chart and what is said beside it. Does not belong here: where its figures come from (`curve`, `swings`). */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Horizon } from "../contract";
import { causeName, clock, percent, points, teamName } from "../format";
import { colour } from "../theme";
import type { Cast } from "./cast";
import { HORIZONS, type Curve } from "./curve";
import type { Move } from "./swings";

const TITLES: Record<Horizon, string> = { round: "Round", map: "Map", series: "Series" };
const MARKED = 0.12;

/** Colours of a theme: to ask the page for one has it compute all its styles. */
type Ink = Record<"line" | "faint" | "gain" | "loss", string>;

interface Shown {
  curve: Curve;
  marks: Move[];
}

export const ChanceChart = memo(function ChanceChart(props: { curve: Curve; moves: Move[]; cast: Cast; isComplete: boolean }): JSX.Element {
  const { curve, cast } = props;
  const [horizons, setHorizons] = useState<readonly Horizon[]>(cast.best_of > 1 ? HORIZONS : ["round", "map"]);
  const [at, setAt] = useState<number | null>(null);
  const marks = useMemo(() => greatest(props.moves.filter((move) => Math.abs(move.change) >= MARKED)), [props.moves]);
  const toggle = (horizon: Horizon): void => {
    setHorizons((before) => (before.includes(horizon) ? before.filter((each) => each !== horizon) : [...before, horizon]));
  };
  const index = at ?? curve.t.length - 1;
  return (
    <>
      <header class="panel-head">
        <h2>Win probability of {teamName("A", cast)}</h2>
        <div class="legend" role="group" aria-label="Horizons shown">
          {HORIZONS.map((horizon) => (
            <button key={horizon} type="button" class={`key ${horizon}`} aria-pressed={horizons.includes(horizon)} onClick={() => { toggle(horizon); }}>
              <span class="swatch" aria-hidden="true" />
              {TITLES[horizon]}
              <b>{curve.p[horizon][index] === undefined ? "–" : percent(curve.p[horizon][index])}</b>
            </button>
          ))}
        </div>
      </header>
      {curve.t.length === 0 ? <p class="muted small">No prediction on this map yet.</p> : <Plot shown={{ curve, marks }} horizons={horizons} told={setAt} />}
      <p class="muted small chart-note">{note(curve, marks, at, cast, props.isComplete)}</p>
    </>
  );
});

/** As many marks as a chart of this screen has room for. */
function greatest(moves: Move[]): Move[] {
  const least = [...moves].sort((one, other) => Math.abs(other.change) - Math.abs(one.change))[Math.floor(innerWidth / 24)];
  return least === undefined ? moves : moves.filter((move) => Math.abs(move.change) > Math.abs(least.change));
}

/** One line below the chart: what is under the pointer, else what the marks are. */
function note(curve: Curve, marks: Move[], at: number | null, cast: Cast, isComplete: boolean): string {
  if (at === null) {
    const reading = isComplete ? "" : " Earlier rounds are still being read.";
    return `Bands are 90 % intervals; marks are moments that moved the round by ${MARKED * 100} points or more.${reading}`;
  }
  const moment = `${roundName(curve.roundNo[at] ?? null)} ${clock(curve.t[at] ?? 0)}`;
  const near = marks.find((move) => Math.abs((move.tsMs - curve.startMs) / 1000 - (curve.t[at] ?? 0)) < 4);
  const [lo, hi] = [curve.lo.round[at] ?? 0, curve.hi.round[at] ?? 0];
  const interval = `round between ${percent(lo)} and ${percent(hi)} %`;
  if (near === undefined) return `${moment}: ${interval}`;
  const [first] = near.credits;
  const who = first === undefined ? "" : ` by ${cast.players[first[0]]?.name ?? first[0]}`;
  return `${moment}: ${causeName(near.cause)}${who}, ${points(near.change)} points; ${interval}`;
}

function roundName(round: number | null): string {
  return round === null ? "Between rounds" : `Round ${round}`;
}

function Plot(props: { shown: Shown; horizons: readonly Horizon[]; told: (at: number | null) => void }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isZoomed = useRef(false);
  const newest = useRef(props.shown);
  newest.current = props.shown;
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const again = (): void => { setTheme((count) => count + 1); };
    const media = matchMedia("(prefers-color-scheme: light)");
    addEventListener("midround:theme", again);
    media.addEventListener("change", again);
    return () => {
      removeEventListener("midround:theme", again);
      media.removeEventListener("change", again);
    };
  }, []);
  useEffect(() => {
    const parent = box.current;
    if (parent === null) return undefined;
    const made = new uPlot(options(parent.clientWidth, props.horizons, newest, props.told), columns(newest.current.curve), parent);
    plot.current = made;
    isZoomed.current = false;
    made.over.addEventListener("dblclick", () => { isZoomed.current = false; });
    made.hooks.setSelect = [() => { isZoomed.current = true; }];
    let frame = 0;
    const resized = (): void => { made.setSize({ width: parent.clientWidth, height: height(parent.clientWidth) }); };
    // in the next frame: what changes sizes while sizes are told is an error of the browser's
    const watcher = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(resized);
    });
    watcher.observe(parent);
    return () => {
      watcher.disconnect();
      cancelAnimationFrame(frame);
      made.destroy();
      plot.current = null;
    };
  }, [props.horizons, theme]);
  useEffect(() => {
    plot.current?.setData(columns(props.shown.curve), !isZoomed.current);
    if (isZoomed.current) plot.current?.redraw();
  }, [props.shown.curve, props.shown.marks]);
  return <div class="plot" ref={box} role="img" aria-label={said(props.shown.curve)} />;
}

function said(curve: Curve): string {
  const last = curve.t.length - 1;
  const figures = HORIZONS.map((horizon) => `${TITLES[horizon]} ${percent(curve.p[horizon][last] ?? 0)} %`);
  return `Win probability over ${curve.rounds.length} rounds; now ${figures.join(", ")}`;
}

function height(width: number): number {
  return Math.max(200, Math.min(320, Math.round(width * 0.34)));
}

/** Time, then for each horizon chance, upper and lower end. */
function columns(curve: Curve): uPlot.AlignedData {
  return [curve.t, ...HORIZONS.flatMap((horizon) => [curve.p[horizon], curve.hi[horizon], curve.lo[horizon]])];
}

function options(width: number, horizons: readonly Horizon[], shown: { current: Shown }, told: (at: number | null) => void): uPlot.Options {
  const ink: Ink = { line: colour("line"), faint: colour("faint"), gain: colour("gain"), loss: colour("loss") };
  const grid = { stroke: ink.line, width: 1 };
  const axis = { stroke: colour("muted"), grid, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return {
    width,
    height: height(width),
    padding: [16, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 6 } },
    scales: { x: { time: false }, y: { range: [0, 1] } },
    axes: [
      { ...axis, size: 24, grid: { show: false }, values: (_plot, ticks) => ticks.map((tick) => clock(tick)) },
      { ...axis, size: 40, splits: [0, 0.25, 0.5, 0.75, 1], values: (_plot, ticks) => ticks.map((tick) => `${tick * 100}`) },
    ],
    series: [{}, ...HORIZONS.flatMap((horizon) => lines(horizon, horizons.includes(horizon)))],
    bands: HORIZONS.map((horizon, at) => ({ series: [2 + 3 * at, 3 + 3 * at], fill: colour(`${horizon}-band`) })),
    hooks: {
      drawClear: [(plot) => { paintRounds(plot, shown.current.curve, ink); }],
      draw: [(plot) => { if (horizons.includes("round")) paintMarks(plot, shown.current, ink); }],
      setCursor: [(plot) => { told(plot.cursor.idx ?? null); }],
    },
  };
}

/** Steps: a chance holds until the next is told, also over the break between two rounds. */
function lines(horizon: Horizon, show: boolean): uPlot.Series[] {
  const stepped = uPlot.paths.stepped?.({ align: 1 }) ?? (() => null);
  const line = { show, paths: stepped, stroke: colour(horizon), width: horizon === "round" ? 1.5 : 2, points: { show: false } };
  const edge = { show, paths: stepped, stroke: "transparent", width: 0, points: { show: false } };
  return [line, edge, edge];
}

/** Each round's beginning as a line, with its number where there is room. */
function paintRounds(plot: uPlot, curve: Curve, ink: Ink): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ink.line;
  ctx.fillStyle = ink.faint;
  ctx.font = `${10 * scale}px system-ui, sans-serif`;
  ctx.lineWidth = scale;
  let lastX = -Infinity;
  for (const round of curve.rounds) {
    const x = plot.valToPos(round.t, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (x - lastX < 18 * scale) continue;
    ctx.fillText(String(round.number), x + 3 * scale, bbox.top - 4 * scale);
    lastX = x;
  }
  const middle = plot.valToPos(0.5, "y", true);
  ctx.strokeStyle = ink.faint;
  ctx.setLineDash([4 * scale, 4 * scale]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, middle);
  ctx.lineTo(bbox.left + bbox.width, middle);
  ctx.stroke();
  ctx.restore();
}

/** The moments that moved the round: from where to where, up for team A, down for team B. */
function paintMarks(plot: uPlot, shown: Shown, ink: Ink): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const move of shown.marks) {
    const x = plot.valToPos((move.tsMs - shown.curve.startMs) / 1000, "x", true);
    const [from, to] = [plot.valToPos(move.before, "y", true), plot.valToPos(move.after, "y", true)];
    ctx.strokeStyle = ctx.fillStyle = move.change > 0 ? ink.gain : ink.loss;
    ctx.lineWidth = 1.5 * scale;
    ctx.beginPath();
    ctx.moveTo(x, from);
    ctx.lineTo(x, to);
    ctx.stroke();
    const size = 4 * scale * (to < from ? -1 : 1);
    ctx.beginPath();
    ctx.moveTo(x, to + size);
    ctx.lineTo(x - Math.abs(size), to - size * 0.6);
    ctx.lineTo(x + Math.abs(size), to - size * 0.6);
    ctx.fill();
  }
  ctx.restore();
}
