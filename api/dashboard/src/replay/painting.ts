/* How a moment of a round looks on a canvas, sixty times a second.

Belongs here: drawing what moves. Does not belong here: what there is to draw (`scene`), the ground (`ground_painting`). */

import type { Side } from "../contract";
import type { Point } from "./ground";
import { write, type Palette, type View } from "./ground_painting";
import type { Cloud, Figure, Scene } from "./scene";

export interface Cast {
  /** Null: of no team. */
  sides: Map<string, Side | null>;
  names: Map<string, string>;
  /** The player who is looked at. */
  focus: string | null;
}

export function paint(ctx: CanvasRenderingContext2D, view: View, options: { scene: Scene; cast: Cast; back: HTMLCanvasElement; colours: Palette }): void {
  const { scene, cast, colours } = options;
  ctx.drawImage(options.back, 0, 0);
  for (const cloud of scene.clouds) paintCloud(ctx, view, cloud, colours);
  for (const flight of scene.flights) {
    ctx.fillStyle = colours.text;
    disc(ctx, view.place(flight.place), 2.5 * view.pixelRatio);
  }
  const placed = apart(scene.figures, view);
  for (const { figure, at } of placed) if (!figure.isAlive) paintDead(ctx, view, { figure, at, side: cast.sides.get(figure.playerId) ?? null, colours, ms: scene.ms });
  paintBomb(ctx, view, scene, colours);
  paintShots(ctx, view, options);
  for (const { figure, at } of placed) if (figure.isAlive) paintFigure(ctx, view, { figure, at, side: cast.sides.get(figure.playerId) ?? null, colours, isFocus: figure.playerId === cast.focus });
  paintNames(ctx, view, { placed: placed.filter(({ figure }) => figure.isAlive), cast, colours });
}

interface Placed {
  figure: Figure;
  at: Point;
}

function radiusOf(view: View): number {
  return Math.max(5, Math.min(9, view.width / view.pixelRatio / 90)) * view.pixelRatio;
}

/** Figures that stand in one place are drawn beside each other. */
function apart(figures: readonly Figure[], view: View): Placed[] {
  const placed = figures.map((figure) => ({ figure, at: view.place(figure) }));
  const living = placed.filter((each) => each.figure.isAlive);
  const least = radiusOf(view) * 2.1;
  for (let pass = 0; pass < 3; pass += 1)
    living.forEach((one, first) => {
      for (const other of living.slice(first + 1)) push(one.at, other.at, least, first);
    });
  return placed;
}

function push(one: Point, other: Point, least: number, turn: number): void {
  let [dx, dy] = [other.x - one.x, other.y - one.y];
  const distance = Math.hypot(dx, dy);
  if (distance >= least) return;
  if (distance < 0.01) [dx, dy] = [Math.cos(turn * 2.4), Math.sin(turn * 2.4)];
  else [dx, dy] = [dx / distance, dy / distance];
  const half = (least - distance) / 2;
  one.x -= dx * half;
  one.y -= dy * half;
  other.x += dx * half;
  other.y += dy * half;
}

const RADIUS_UNITS: Record<string, number> = { smoke: 144, molotov: 150, incendiary: 150, he: 260, flash: 300, decoy: 60 };

function paintCloud(ctx: CanvasRenderingContext2D, view: View, cloud: Cloud, colours: Palette): void {
  const { kind } = cloud.thrown;
  const at = view.place(cloud.place);
  const full = (RADIUS_UNITS[kind] ?? 100) * view.scale;
  ctx.save();
  if (kind === "smoke") {
    ctx.globalAlpha = 0.8 * Math.min(1, cloud.age * 20, cloud.leftS);
    ctx.fillStyle = colours.smoke;
    disc(ctx, at, full * Math.min(1, 0.3 + cloud.age * 12));
    ctx.globalAlpha = 1;
    countdown(ctx, at, { left: 1 - cloud.age, radius: full, colour: colours.faint, pixelRatio: view.pixelRatio });
  } else if (kind === "molotov" || kind === "incendiary") {
    ctx.fillStyle = colours.fire;
    ctx.globalAlpha = 0.35;
    disc(ctx, at, full * Math.min(1, 0.4 + cloud.age * 6));
    flames(ctx, at, full, cloud);
    ctx.globalAlpha = 1;
    countdown(ctx, at, { left: 1 - cloud.age, radius: full, colour: colours.fire, pixelRatio: view.pixelRatio });
  } else if (kind === "decoy") {
    ctx.strokeStyle = colours.faint;
    ring(ctx, at, full * (0.5 + 0.5 * ((cloud.age * 20) % 1)), view.pixelRatio);
  } else {
    ctx.strokeStyle = kind === "he" ? colours.fire : colours.flash;
    ctx.fillStyle = ctx.strokeStyle;
    ctx.globalAlpha = (1 - cloud.age) * 0.4;
    disc(ctx, at, full * Math.sqrt(cloud.age));
    ctx.globalAlpha = 1 - cloud.age;
    ring(ctx, at, full * Math.sqrt(cloud.age), 2 * view.pixelRatio);
  }
  ctx.restore();
}

/** Tongues that flicker, always the same for the same fire. */
function flames(ctx: CanvasRenderingContext2D, at: Point, full: number, cloud: Cloud): void {
  ctx.globalAlpha = 0.5;
  for (let tongue = 0; tongue < 9; tongue += 1) {
    const angle = tongue * 2.399;
    const away = full * 0.85 * Math.sqrt((tongue + 0.5) / 9);
    const size = full * (0.16 + 0.05 * Math.sin(cloud.leftS * 9 + tongue * 1.7));
    disc(ctx, { x: at.x + Math.cos(angle) * away, y: at.y + Math.sin(angle) * away }, size);
  }
}

/** What is left of something, as an arc around it. */
function countdown(ctx: CanvasRenderingContext2D, at: Point, options: { left: number; radius: number; colour: string; pixelRatio: number }): void {
  ctx.strokeStyle = options.colour;
  ctx.lineWidth = 1.5 * options.pixelRatio;
  ctx.beginPath();
  ctx.arc(at.x, at.y, options.radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * options.left);
  ctx.stroke();
}

function paintShots(ctx: CanvasRenderingContext2D, view: View, options: { scene: Scene; colours: Palette }): void {
  const { scene, colours } = options;
  ctx.save();
  ctx.strokeStyle = colours.shot;
  ctx.lineCap = "round";
  for (const shot of scene.shots) {
    const shooter = scene.figures.find((figure) => figure.playerId === shot.playerId);
    const from = shot.place ?? shooter;
    const yaw = shot.yawDeg ?? aimOf(scene, shot.playerId, shooter);
    if (from === undefined || yaw === null) continue;
    const { x, y } = view.place({ x: from.x, y: from.y, z: from.z });
    const angle = (yaw * Math.PI) / 180;
    const [near, far] = [radiusOf(view) * 1.2 + shot.age * 40 * view.pixelRatio, radiusOf(view) * 1.2 + (24 + shot.age * 60) * view.pixelRatio];
    ctx.globalAlpha = 1 - shot.age;
    ctx.lineWidth = 1.6 * view.pixelRatio;
    ctx.beginPath();
    ctx.moveTo(x + Math.cos(angle) * near, y - Math.sin(angle) * near);
    ctx.lineTo(x + Math.cos(angle) * far, y - Math.sin(angle) * far);
    ctx.stroke();
  }
  ctx.restore();
}

/** Where somebody shoots whose direction is not told: at whom he hits at this moment, else where he looks. */
function aimOf(scene: Scene, playerId: string, shooter: Figure | undefined): number | null {
  if (shooter === undefined) return null;
  const target = scene.figures.find((figure) => figure.pain > 0.4 && figure.playerId !== playerId);
  if (target === undefined) return shooter.yawDeg;
  return (Math.atan2(target.y - shooter.y, target.x - shooter.x) * 180) / Math.PI;
}

function paintBomb(ctx: CanvasRenderingContext2D, view: View, scene: Scene, colours: Palette): void {
  const { bomb } = scene;
  if (bomb === null || bomb.place === null || bomb.status === "carried" || bomb.status === "none" || bomb.status === "planting") return;
  const at = view.place(bomb.place);
  const size = 5 * view.pixelRatio;
  ctx.save();
  ctx.fillStyle = bomb.status === "defused" ? colours.ct : colours.bomb;
  if (bomb.status === "exploded") {
    ctx.globalAlpha = 0.25;
    disc(ctx, at, 500 * view.scale);
    ctx.globalAlpha = 1;
  } else if (bomb.leftS !== null) {
    const beat = (bomb.leftS * Math.max(1, 4 - bomb.leftS / 12)) % 1;
    ctx.globalAlpha = 0.5 * beat;
    disc(ctx, at, size * 4 * (1.2 - beat * 0.4));
    ctx.globalAlpha = 1;
  }
  ctx.fillRect(at.x - size, at.y - size * 0.8, size * 2, size * 1.6);
  if (bomb.leftS !== null) {
    ctx.fillStyle = colours.text;
    write(ctx, bomb.leftS.toFixed(1), { x: at.x, y: at.y - size * 2.4 }, { size: 11 * view.pixelRatio, weight: 700 });
  }
  ctx.restore();
}

interface Drawn {
  figure: Figure;
  at: Point;
  side: Side | null;
  colours: Palette;
}

function paintDead(ctx: CanvasRenderingContext2D, view: View, drawn: Drawn & { ms: number }): void {
  const { at, figure } = drawn;
  const size = radiusOf(view) * 0.6;
  const since = figure.diedMs === null ? Infinity : drawn.ms - figure.diedMs;
  ctx.save();
  ctx.globalAlpha = since < 4000 ? 1 : 0.45;
  ctx.strokeStyle = inkOf(drawn);
  ctx.lineWidth = 2 * view.pixelRatio;
  ctx.beginPath();
  ctx.moveTo(at.x - size, at.y - size);
  ctx.lineTo(at.x + size, at.y + size);
  ctx.moveTo(at.x + size, at.y - size);
  ctx.lineTo(at.x - size, at.y + size);
  ctx.stroke();
  if (since < 600) {
    ctx.globalAlpha = 1 - since / 600;
    ring(ctx, at, size * (1 + since / 150), 2 * view.pixelRatio);
  }
  ctx.restore();
}

/** CTs are discs, Ts diamonds, who is of no team a square, so that sides differ by more than colour. */
function paintFigure(ctx: CanvasRenderingContext2D, view: View, drawn: Drawn & { isFocus: boolean }): void {
  const { figure, at, side, colours } = drawn;
  const radius = radiusOf(view);
  ctx.save();
  if (figure.yawDeg !== null) paintGaze(ctx, at, { angle: (figure.yawDeg * Math.PI) / 180, radius, colour: inkOf(drawn) });
  ctx.fillStyle = inkOf(drawn);
  ctx.strokeStyle = colours.back;
  ctx.lineWidth = 1.5 * view.pixelRatio;
  body(ctx, at, radius, side);
  ctx.fill();
  ctx.stroke();
  paintHealth(ctx, view, { figure, at, colours, side });
  if (figure.blindness > 0) {
    ctx.globalAlpha = 0.25 + 0.7 * figure.blindness;
    ctx.fillStyle = colours.flash;
    body(ctx, at, radius, side);
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  if (figure.pain > 0) {
    ctx.globalAlpha = figure.pain;
    ctx.strokeStyle = colours.fire;
    ring(ctx, at, radius * 1.5, 2.5 * view.pixelRatio);
    ctx.globalAlpha = 1;
  }
  paintCarried(ctx, view, { figure, at, colours, side });
  if (drawn.isFocus) {
    ctx.strokeStyle = colours.text;
    ring(ctx, at, radius * 1.9, 1.5 * view.pixelRatio);
  }
  ctx.restore();
}

function paintGaze(ctx: CanvasRenderingContext2D, at: Point, options: { angle: number; radius: number; colour: string }): void {
  const { angle, radius } = options;
  const reach = radius * 3.2;
  const wide = 0.42;
  ctx.globalAlpha = 0.28;
  ctx.fillStyle = options.colour;
  ctx.beginPath();
  ctx.moveTo(at.x, at.y);
  ctx.arc(at.x, at.y, reach, -angle - wide, -angle + wide);
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = options.colour;
  ctx.lineWidth = radius * 0.3;
  ctx.beginPath();
  ctx.moveTo(at.x + Math.cos(angle) * radius, at.y - Math.sin(angle) * radius);
  ctx.lineTo(at.x + Math.cos(angle) * radius * 1.6, at.y - Math.sin(angle) * radius * 1.6);
  ctx.stroke();
}

function inkOf({ side, colours }: Pick<Drawn, "side" | "colours">): string {
  return side === null ? colours.faint : colours[side];
}

function body(ctx: CanvasRenderingContext2D, at: Point, radius: number, side: Side | null): void {
  ctx.beginPath();
  if (side === "ct") {
    ctx.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    return;
  }
  if (side === null) {
    ctx.rect(at.x - radius * 0.85, at.y - radius * 0.85, radius * 1.7, radius * 1.7);
    return;
  }
  const reach = radius * 1.25;
  ctx.moveTo(at.x, at.y - reach);
  ctx.lineTo(at.x + reach, at.y);
  ctx.lineTo(at.x, at.y + reach);
  ctx.lineTo(at.x - reach, at.y);
  ctx.closePath();
}

/** Health fills the body from below: what is lost is dark. Armour is a line under it, doubled by a helmet. */
function paintHealth(ctx: CanvasRenderingContext2D, view: View, drawn: Drawn): void {
  const { figure, at, colours, side } = drawn;
  const radius = radiusOf(view);
  if (figure.health !== null && figure.health < 100) {
    ctx.save();
    body(ctx, at, radius, side);
    ctx.clip();
    ctx.globalAlpha = 0.65;
    ctx.fillStyle = colours.back;
    ctx.fillRect(at.x - radius * 1.3, at.y - radius * 1.3, radius * 2.6, radius * 2.6 * (1 - figure.health / 100));
    ctx.restore();
  }
  if ((figure.armor ?? 0) <= 0) return;
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = (figure.hasHelmet ? 2.2 : 1.1) * view.pixelRatio;
  ctx.beginPath();
  ctx.arc(at.x, at.y, radius * 1.28, Math.PI * 0.25, Math.PI * 0.75);
  ctx.stroke();
}

function paintCarried(ctx: CanvasRenderingContext2D, view: View, drawn: Drawn): void {
  const { figure, at, colours } = drawn;
  const size = 3 * view.pixelRatio;
  const corner = { x: at.x + radiusOf(view) * 0.95, y: at.y - radiusOf(view) * 0.95 };
  if (figure.hasBomb) {
    ctx.fillStyle = colours.bomb;
    ctx.strokeStyle = colours.back;
    ctx.lineWidth = view.pixelRatio;
    ctx.fillRect(corner.x - size, corner.y - size, size * 2, size * 2);
    ctx.strokeRect(corner.x - size, corner.y - size, size * 2, size * 2);
  } else if (figure.hasKit) {
    ctx.strokeStyle = colours.text;
    ctx.lineWidth = 1.6 * view.pixelRatio;
    ctx.beginPath();
    ctx.moveTo(corner.x - size, corner.y);
    ctx.lineTo(corner.x + size, corner.y);
    ctx.moveTo(corner.x, corner.y - size);
    ctx.lineTo(corner.x, corner.y + size);
    ctx.stroke();
  }
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Each name where no other is: below its player, else above, else at a side. */
function paintNames(ctx: CanvasRenderingContext2D, view: View, options: { placed: Placed[]; cast: Cast; colours: Palette }): void {
  const size = (view.width / view.pixelRatio < 520 ? 9 : 10.5) * view.pixelRatio;
  const away = radiusOf(view) * 1.5 + size * 0.7;
  const taken: Box[] = [];
  ctx.strokeStyle = options.colours.back;
  ctx.lineWidth = 3 * view.pixelRatio;
  ctx.fillStyle = options.colours.text;
  for (const { figure, at } of options.placed) {
    const name = shortened(options.cast.names.get(figure.playerId) ?? figure.playerId);
    ctx.font = `500 ${size}px system-ui, sans-serif`;
    const width = ctx.measureText(name).width;
    const aside = width / 2 + radiusOf(view) * 1.5;
    const places = [{ x: at.x, y: at.y + away }, { x: at.x, y: at.y - away }, { x: at.x + aside, y: at.y }, { x: at.x - aside, y: at.y }, { x: at.x, y: at.y + away + size }];
    const boxes = places.map((place) => ({ x: place.x - width / 2, y: place.y - size / 2, width, height: size }));
    const free = Math.max(0, boxes.findIndex((box) => !taken.some((other) => overlaps(box, other))));
    const [place, box] = [places[free], boxes[free]];
    if (place === undefined || box === undefined) continue;
    taken.push(box);
    write(ctx, name, place, { size, weight: 500, isOutlined: true });
  }
}

const LETTERS = 16;

/** A name as far as there is room for it beside its player. */
export function shortened(name: string): string {
  const letters = [...name];
  return letters.length > LETTERS ? `${letters.slice(0, LETTERS - 1).join("")}…` : name;
}

function overlaps(one: Box, other: Box): boolean {
  return one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
}

function disc(ctx: CanvasRenderingContext2D, at: Point, radius: number): void {
  ctx.beginPath();
  ctx.arc(at.x, at.y, Math.max(0, radius), 0, 2 * Math.PI);
  ctx.fill();
}

function ring(ctx: CanvasRenderingContext2D, at: Point, radius: number, width: number): void {
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.arc(at.x, at.y, Math.max(0, radius), 0, 2 * Math.PI);
  ctx.stroke();
}
