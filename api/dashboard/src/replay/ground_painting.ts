/* The ground of a map on a canvas, the colours of the theme, and where on the canvas a place in the game is.

Belongs here: what does not move. Does not belong here: what does (`painting`), geometry (`ground`). */

import { colour } from "../theme";
import { floorAt, type Ground, type Point } from "./ground";
import type { Radar } from "./radar";
import type { Place } from "./timeline";

const RADAR_MARGIN_CELLS = 2;

export interface Palette {
  back: string;
  ground: string;
  high: string;
  edge: string;
  text: string;
  faint: string;
  ct: string;
  t: string;
  bomb: string;
  smoke: string;
  fire: string;
  flash: string;
  shot: string;
  dead: string;
}

/** The colours of the theme in force. */
export function palette(): Palette {
  return {
    back: colour("map-back"),
    ground: colour("map-ground"),
    high: colour("map-high"),
    edge: colour("map-edge"),
    text: colour("text"),
    faint: colour("faint"),
    ct: colour("ct"),
    t: colour("t"),
    bomb: colour("bomb"),
    smoke: colour("smoke"),
    fire: colour("fire"),
    flash: colour("flash"),
    shot: colour("shot"),
    dead: colour("dead"),
  };
}

/** From game units to pixels of the canvas. */
export class View {
  readonly scale: number;
  private readonly left: number;
  private readonly top: number;

  constructor(
    readonly ground: Ground,
    readonly width: number,
    readonly height: number,
    readonly pixelRatio: number,
  ) {
    const [spanX, spanY] = [ground.max.x - ground.min.x, ground.max.y - ground.min.y];
    this.scale = Math.min(width / spanX, height / spanY);
    this.left = (width - spanX * this.scale) / 2;
    this.top = (height - spanY * this.scale) / 2;
  }

  /** A place in the game on the floor that its height belongs to. */
  place(place: Place): Point {
    return this.onFloor(place, floorAt(this.ground, place.z));
  }

  onFloor(point: Point, floor: number): Point {
    const offset = this.ground.floors[floor]?.offset ?? { x: 0, y: 0 };
    return {
      x: this.left + (point.x + offset.x - this.ground.min.x) * this.scale,
      y: this.top + (this.ground.max.y - point.y - offset.y) * this.scale,
    };
  }
}

/** What does not move, as a picture to be copied. */
export function paintedGround(view: View, colours: Palette, radar: Radar | null): HTMLCanvasElement {
  const picture = document.createElement("canvas");
  picture.width = view.width;
  picture.height = view.height;
  const ctx = picture.getContext("2d");
  if (ctx === null) return picture;
  ctx.fillStyle = colours.back;
  ctx.fillRect(0, 0, view.width, view.height);
  if (view.ground.floors.length === 0) paintRadar(ctx, view, 0, radar);
  view.ground.floors.forEach((_, floor) => {
    paintFloor(ctx, view, { floor, colours, radar });
  });
  paintSites(ctx, view, colours);
  return picture;
}

/** An operator's picture of a floor, no further than the floor's own part of the canvas; whether there was one. */
function paintRadar(ctx: CanvasRenderingContext2D, view: View, floor: number, radar: Radar | null): boolean {
  const picture = radar?.pictures[floor] ?? null;
  if (radar === null || picture === null) return false;
  const corner = view.onFloor(radar.corner, floor);
  const span = radar.span * view.scale;
  ctx.save();
  clipToFloor(ctx, view, floor);
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(picture, corner.x, corner.y, span, span);
  ctx.restore();
  return true;
}

/** Floors lie beside each other, and a picture is wider than what can be walked. */
function clipToFloor(ctx: CanvasRenderingContext2D, view: View, floor: number): void {
  const { outline, floors } = view.ground;
  const cells = floors[floor]?.cells ?? [];
  if (cells.length === 0) return;
  const [columns, rows] = [cells.map((cell) => cell.column), cells.map((cell) => cell.row)];
  const at = (column: number, row: number): Point => view.onFloor({ x: outline.x0 + column * outline.cell, y: outline.y0 + row * outline.cell }, floor);
  const low = at(Math.min(...columns) - RADAR_MARGIN_CELLS, Math.min(...rows) - RADAR_MARGIN_CELLS);
  const high = at(Math.max(...columns) + 1 + RADAR_MARGIN_CELLS, Math.max(...rows) + 1 + RADAR_MARGIN_CELLS);
  ctx.beginPath();
  ctx.rect(low.x, high.y, high.x - low.x, low.y - high.y);
  ctx.clip();
}

function paintFloor(ctx: CanvasRenderingContext2D, view: View, { floor, colours, radar }: { floor: number; colours: Palette; radar: Radar | null }): void {
  const found = view.ground.floors[floor];
  if (found === undefined) return;
  const path = new Path2D();
  for (const loop of found.edges) {
    loop.forEach((point, at) => {
      const { x, y } = view.onFloor(point, floor);
      if (at === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    });
    path.closePath();
  }
  if (!paintRadar(ctx, view, floor, radar)) {
    ctx.save();
    ctx.fillStyle = colours.ground;
    ctx.fill(path, "evenodd");
    ctx.clip(path, "evenodd");
    paintHeights(ctx, view, floor, colours);
    ctx.restore();
  }
  ctx.strokeStyle = colours.edge;
  ctx.lineWidth = 1.4 * view.pixelRatio;
  ctx.lineJoin = "round";
  ctx.stroke(path);
  if (view.ground.floors.length > 1) paintFloorName(ctx, view, floor, colours);
}

/** Higher ground is lighter. One pixel a cell, blown up softly. */
function paintHeights(ctx: CanvasRenderingContext2D, view: View, floor: number, colours: Palette): void {
  const { outline, floors } = view.ground;
  const small = document.createElement("canvas");
  small.width = outline.width;
  small.height = outline.height;
  const cells = small.getContext("2d");
  if (cells === null) return;
  cells.fillStyle = colours.high;
  for (const cell of floors[floor]?.cells ?? []) {
    cells.globalAlpha = cell.shade;
    cells.fillRect(cell.column, outline.height - 1 - cell.row, 1, 1);
  }
  const corner = view.onFloor({ x: outline.x0, y: outline.y0 + outline.height * outline.cell }, floor);
  ctx.imageSmoothingEnabled = true;
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(small, corner.x, corner.y, outline.width * outline.cell * view.scale, outline.height * outline.cell * view.scale);
}

function paintFloorName(ctx: CanvasRenderingContext2D, view: View, floor: number, colours: Palette): void {
  const { outline, floors } = view.ground;
  const cells = floors[floor]?.cells ?? [];
  const columns = cells.map((cell) => cell.column);
  const rows = cells.map((cell) => cell.row);
  const corner = { x: outline.x0 + Math.min(...columns) * outline.cell, y: outline.y0 + (Math.max(...rows) + 1) * outline.cell };
  const { x, y } = view.onFloor(corner, floor);
  ctx.fillStyle = colours.faint;
  ctx.font = `600 ${11 * view.pixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.fillText(floor === 0 ? "Upper level" : "Lower level", x, y - 6 * view.pixelRatio);
}

function paintSites(ctx: CanvasRenderingContext2D, view: View, colours: Palette): void {
  const { outline } = view.ground;
  for (const [name, at] of [["A", outline.site_a], ["B", outline.site_b]] as const) {
    if (at === null) continue;
    const { x, y } = view.place({ x: at[0], y: at[1], z: at[2] });
    const radius = 12 * view.pixelRatio;
    ctx.strokeStyle = ctx.fillStyle = colours.faint;
    ctx.lineWidth = view.pixelRatio;
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.stroke();
    write(ctx, name, { x, y }, { size: 13 * view.pixelRatio, weight: 700 });
  }
}

export function write(ctx: CanvasRenderingContext2D, text: string, at: Point, options: { size: number; weight: number; isOutlined?: boolean }): void {
  ctx.font = `${options.weight} ${options.size}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  if (options.isOutlined === true) ctx.strokeText(text, at.x, at.y);
  ctx.fillText(text, at.x, at.y);
  ctx.textBaseline = "alphabetic";
}

