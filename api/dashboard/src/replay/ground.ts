/* A map's ground from its shipped outline: cells to smooth shapes, both levels laid out beside each other.

Belongs here: geometry in game units. Does not belong here: colours and canvases (`painting`). Pure functions. */

import type { OutlineView } from "../contract";

export interface Point {
  x: number;
  y: number;
}

/** A walkable cell: its corner in columns and rows, and how high it lies, 0 the lowest of its level to 1 the highest. */
export interface Cell {
  column: number;
  row: number;
  shade: number;
}

export interface Floor {
  cells: Cell[];
  /** Closed lines around what can be walked, holes included, smoothed; game units. */
  edges: Point[][];
  /** Where it is drawn, beside the other floor; game units. */
  offset: Point;
}

export interface Ground {
  outline: OutlineView;
  floors: Floor[];
  /** Of all floors as they are laid out. */
  min: Point;
  max: Point;
}

const GAP_CELLS = 4;
const MARGIN_CELLS = 2;

export function ground(outline: OutlineView): Ground {
  const levels = outline.levels.map((level) => cellsOf(outline, level));
  const boxes = levels.map((cells) => boxOf(outline, cells));
  const floors: Floor[] = [];
  let right = boxes[0]?.max.x ?? 0;
  levels.forEach((cells, at) => {
    const box = boxes[at];
    const first = boxes[0];
    if (box === undefined || first === undefined) return;
    const offset = at === 0 ? { x: 0, y: 0 } : { x: right + GAP_CELLS * outline.cell - box.min.x, y: (first.min.y + first.max.y - box.min.y - box.max.y) / 2 };
    right = box.max.x + offset.x;
    floors.push({ cells, edges: edgesOf(outline, cells).map(chamfered).map(smooth).map(smooth), offset });
  });
  const margin = MARGIN_CELLS * outline.cell;
  const lows = floors.map((floor, at) => moved(boxes[at]?.min, floor.offset));
  const highs = floors.map((floor, at) => moved(boxes[at]?.max, floor.offset));
  return {
    outline,
    floors,
    min: { x: Math.min(...lows.map((p) => p.x)) - margin, y: Math.min(...lows.map((p) => p.y)) - margin },
    max: { x: Math.max(...highs.map((p) => p.x)) + margin, y: Math.max(...highs.map((p) => p.y)) + margin },
  };
}

/** Of a ground without an outline, so that it seldom changes its scale: game units. */
const STEP_UNITS = 1024;

/** The ground of a map without an outline: nothing but the stretch that its players have walked, in whole steps. It is the
one `before` where they have not left that, else grows from it. */
export function bareGround(timeline: { tracks: Map<string, readonly Point[]> }, before: Ground | null = null): Ground {
  const points = [...timeline.tracks.values()].flat();
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const least = (values: number[]): number => values.reduce((low, value) => Math.min(low, value), values[0] ?? 0);
  const most = (values: number[]): number => values.reduce((high, value) => Math.max(high, value), values[0] ?? 1);
  const none = { map_name: "", cell: 64, x0: 0, y0: 0, z0: 0, width: 1, height: 1, levels: [], split_z: null, site_a: null, site_b: null, ct_spawn: null, t_spawn: null };
  const down = (value: number): number => Math.floor((value - 300) / STEP_UNITS) * STEP_UNITS;
  const up = (value: number): number => Math.ceil((value + 300) / STEP_UNITS) * STEP_UNITS;
  if (before !== null && points.length === 0) return before;
  const [low, high] = [before?.min ?? { x: Infinity, y: Infinity }, before?.max ?? { x: -Infinity, y: -Infinity }];
  const min = { x: Math.min(low.x, down(least(xs))), y: Math.min(low.y, down(least(ys))) };
  const max = { x: Math.max(high.x, up(most(xs))), y: Math.max(high.y, up(most(ys))) };
  const isSame = min.x === low.x && min.y === low.y && max.x === high.x && max.y === high.y;
  return before !== null && isSame ? before : { outline: none, floors: [], min, max };
}

/** The floor that a height belongs to: 0 is the upper one. */
export function floorAt(ground: Ground, z: number): number {
  const { split_z } = ground.outline;
  return split_z !== null && ground.floors.length > 1 && z < split_z ? 1 : 0;
}

/** The cells of a level: bit `row * width + column` from the lowest bit, heights in the order of the bits. */
export function cellsOf(outline: Pick<OutlineView, "width">, level: { bits: string; heights: string }): Cell[] {
  const heights = Uint8Array.from(atob(level.heights), (character) => character.charCodeAt(0));
  const low = Math.min(...heights);
  const span = Math.max(1, Math.max(...heights) - low);
  const cells: Cell[] = [];
  for (let digit = 0; digit < level.bits.length; digit += 1) {
    const nibble = parseInt(level.bits.charAt(level.bits.length - 1 - digit), 16);
    for (let bit = 0; bit < 4; bit += 1) {
      if ((nibble & (1 << bit)) === 0) continue;
      const index = digit * 4 + bit;
      const shade = ((heights[cells.length] ?? low) - low) / span;
      cells.push({ column: index % outline.width, row: Math.floor(index / outline.width), shade });
    }
  }
  return cells;
}

function boxOf(outline: OutlineView, cells: readonly Cell[]): { min: Point; max: Point } {
  const { x0, y0, cell } = outline;
  const columns = cells.map((each) => each.column);
  const rows = cells.map((each) => each.row);
  return {
    min: { x: x0 + Math.min(...columns) * cell, y: y0 + Math.min(...rows) * cell },
    max: { x: x0 + (Math.max(...columns) + 1) * cell, y: y0 + (Math.max(...rows) + 1) * cell },
  };
}

/** Closed lines along the borders of the cells, each walked with the ground on its left. */
function edgesOf(outline: OutlineView, cells: readonly Cell[]): Point[][] {
  const stride = outline.width + 2;
  const key = (column: number, row: number): number => (row + 1) * stride + column + 1;
  const here = new Set(cells.map((cell) => key(cell.column, cell.row)));
  const next = new Map<number, number[]>();
  const link = (from: number, to: number): void => {
    next.set(from, [...(next.get(from) ?? []), to]);
  };
  for (const { column, row } of cells) {
    if (!here.has(key(column, row - 1))) link(key(column, row), key(column + 1, row));
    if (!here.has(key(column + 1, row))) link(key(column + 1, row), key(column + 1, row + 1));
    if (!here.has(key(column, row + 1))) link(key(column + 1, row + 1), key(column, row + 1));
    if (!here.has(key(column - 1, row))) link(key(column, row + 1), key(column, row));
  }
  const loops: Point[][] = [];
  for (const start of [...next.keys()]) {
    const loop = walked(next, start);
    if (loop.length > 2) loops.push(loop.map((corner) => place(outline, stride, corner)));
  }
  return loops;
}

/** Follows the borders from a corner until it is reached again, and takes them out. */
function walked(next: Map<number, number[]>, start: number): number[] {
  const loop: number[] = [];
  let at = start;
  for (;;) {
    const ways = next.get(at);
    const to = ways?.pop();
    if (to === undefined) return loop;
    if (ways?.length === 0) next.delete(at);
    loop.push(at);
    at = to;
    if (at === start) return loop;
  }
}

function place(outline: OutlineView, stride: number, corner: number): Point {
  const column = (corner % stride) - 1;
  const row = Math.floor(corner / stride) - 1;
  return { x: outline.x0 + column * outline.cell, y: outline.y0 + row * outline.cell };
}

/** The line through the middles of the borders: stairs become slopes. */
function chamfered(loop: readonly Point[]): Point[] {
  return loop.map((here, at) => {
    const next = loop[(at + 1) % loop.length] ?? here;
    return { x: (here.x + next.x) / 2, y: (here.y + next.y) / 2 };
  });
}

/** Chaikin's corner cutting, once. */
export function smooth(loop: readonly Point[]): Point[] {
  return loop.flatMap((here, at) => {
    const next = loop[(at + 1) % loop.length] ?? here;
    return [
      { x: here.x * 0.75 + next.x * 0.25, y: here.y * 0.75 + next.y * 0.25 },
      { x: here.x * 0.25 + next.x * 0.75, y: here.y * 0.25 + next.y * 0.75 },
    ];
  });
}

function moved(point: Point | undefined, offset: Point): Point {
  return { x: (point?.x ?? 0) + offset.x, y: (point?.y ?? 0) + offset.y };
}
