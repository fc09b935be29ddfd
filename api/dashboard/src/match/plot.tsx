/* The chart of chances: lines, bands, rounds and marks, zoomed and read by pointer or key.

Belongs here: drawing with uPlot, what moves its cursor. Does not belong here: what is said beside it (`chart`), what each key
does (`chart_keys`). */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Horizon } from "../contract";
import { clock } from "../format";
import { colour } from "../theme";
import { isWhole, looked } from "./chart_keys";
import { HORIZONS, type Curve } from "./curve";
import type { Move } from "./swings";

export const HORIZON_NAMES: Record<Horizon, string> = { round: "Round", map: "Map", series: "Series" };

/** Colours of a theme: to ask the page for one has it compute all its styles. */
type Ink = Record<"line" | "faint" | "gain" | "loss", string>;

export interface Shown {
  curve: Curve;
  marks: Move[];
}

/** When it was on the chart. */
export function second(move: Move, curve: Curve): number {
  return (move.tsMs - curve.startMs) / 1000;
}

interface Props {
  shown: Shown;
  horizons: readonly Horizon[];
  /** The point that is looked at. */
  at: number | null;
  /** What is read out of it. */
  said: string;
  told: (at: number | null) => void;
}

export function Plot(props: Props): JSX.Element {
  const { curve, marks } = props.shown;
  const drawn = useDrawn(props);
  const pressed = (event: KeyboardEvent): void => {
    const plot = drawn.plot.current;
    if (plot === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const { min, max } = plot.scales["x"] ?? {};
    const points = { t: curve.t, marks: marks.map((move) => second(move, curve)) };
    const next = looked({ at: props.at, fromS: min ?? 0, toS: max ?? 0 }, event.key, points);
    if (next === null) return;
    event.preventDefault();
    drawn.isZoomed.current = !isWhole(next, curve.t);
    drawn.heldS.current = curve.t[next.at ?? 0] ?? null;
    plot.batch(() => { plot.setScale("x", { min: next.fromS, max: next.toS }); });
    hold(drawn);
  };
  const left = (): void => {
    drawn.heldS.current = null;
    drawn.plot.current?.setCursor({ left: -10, top: -10 });
  };
  const last = curve.t.length - 1;
  const now = { "aria-valuemin": 0, "aria-valuemax": last, "aria-valuenow": props.at ?? last, "aria-valuetext": props.at === null ? "the newest moment" : props.said };
  return <div class="plot" ref={drawn.box} role="slider" tabIndex={0} aria-label={said(curve)} {...now} onKeyDown={pressed} onBlur={left} />;
}

interface Drawn {
  box: { current: HTMLDivElement | null };
  plot: { current: uPlot | null };
  isZoomed: { current: boolean };
  /** The moment that was sought by key: the cursor stays there while the chart grows. */
  heldS: { current: number | null };
}

function hold({ plot, heldS }: Drawn): void {
  if (plot.current !== null && heldS.current !== null) plot.current.setCursor({ left: plot.current.valToPos(heldS.current, "x"), top: 0 });
}

/** The chart in its box, drawn anew in other colours or with other lines, and with what is new. */
function useDrawn(props: Props): Drawn {
  const drawn: Drawn = { box: useRef<HTMLDivElement>(null), plot: useRef<uPlot>(null), isZoomed: useRef(false), heldS: useRef<number | null>(null) };
  const newest = useRef(props.shown);
  newest.current = props.shown;
  const theme = useThemes();
  useEffect(() => {
    const parent = drawn.box.current;
    if (parent === null) return undefined;
    const made = new uPlot(options(parent.clientWidth, props.horizons, newest, props.told), columns(newest.current.curve), parent);
    drawn.plot.current = made;
    drawn.isZoomed.current = false;
    made.over.addEventListener("dblclick", () => { drawn.isZoomed.current = false; });
    made.over.addEventListener("pointermove", () => { drawn.heldS.current = null; });
    made.hooks.setSelect = [() => { drawn.isZoomed.current = true; }];
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
      drawn.plot.current = null;
    };
  }, [props.horizons, theme]);
  useEffect(() => {
    const plot = drawn.plot.current;
    plot?.batch(() => { plot.setData(columns(props.shown.curve), !drawn.isZoomed.current); });
    if (drawn.isZoomed.current) plot?.redraw();
    hold(drawn);
  }, [props.shown.curve, props.shown.marks]);
  return drawn;
}

/** Changes with the colours of the page. */
function useThemes(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const again = (): void => { setCount((before) => before + 1); };
    const media = matchMedia("(prefers-color-scheme: light)");
    addEventListener("midround:theme", again);
    media.addEventListener("change", again);
    return () => {
      removeEventListener("midround:theme", again);
      media.removeEventListener("change", again);
    };
  }, []);
  return count;
}

/** A name, without figures: a name that changes with each event is read out again and again. */
function said(curve: Curve): string {
  return `Win probability over ${curve.rounds.length} rounds`;
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
    const x = plot.valToPos(second(move, shown.curve), "x", true);
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
