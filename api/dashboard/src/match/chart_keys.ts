/* What keys do on the chart of chances: which point is looked at, and which stretch is shown. Pure functions. */

/** All times are seconds since the chart's first point. */
export interface Look {
  /** The point that is looked at; null: none yet. */
  at: number | null;
  fromS: number;
  toS: number;
}

/** Of what the chart is: its points, and the moments that are marked, both in their order. */
export interface Points {
  t: readonly number[];
  marks: readonly number[];
}

/** Less than this is not shown. */
const LEAST_S = 5;
/** A key goes by this part of what is shown. */
const STEP = 1 / 100;

/** Where a key leads; null where it leads nowhere. */
export function looked(look: Look, key: string, points: Points): Look | null {
  const { t, marks } = points;
  const last = t.length - 1;
  const at = Math.min(look.at ?? last, last);
  const nowS = t[at] ?? 0;
  const stepS = (look.toS - look.fromS) * STEP;
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return seeing(look, Math.min(last, Math.max(at + 1, pointAt(t, nowS + stepS))), t);
    case "ArrowLeft":
    case "ArrowDown":
      return seeing(look, Math.max(0, Math.min(at - 1, pointAt(t, nowS - stepS))), t);
    case "PageUp":
      return seeing(look, pointAt(t, marks.find((mark) => pointAt(t, mark) > at) ?? nowS), t);
    case "PageDown":
      return seeing(look, pointAt(t, marks.filter((mark) => pointAt(t, mark) < at).at(-1) ?? nowS), t);
    case "Home":
      return seeing(look, 0, t);
    case "End":
      return seeing(look, last, t);
    case "+":
      return stretched({ ...look, at }, 1 / 2, t);
    case "-":
      return stretched({ ...look, at }, 2, t);
    case "Escape":
      return { at, ...whole(t) };
    default:
      return null;
  }
}

/** Whether it is all of the chart. */
export function isWhole(look: Look, t: readonly number[]): boolean {
  const all = whole(t);
  return look.fromS <= all.fromS && look.toS >= all.toS;
}

function whole(t: readonly number[]): Pick<Look, "fromS" | "toS"> {
  return { fromS: t[0] ?? 0, toS: t.at(-1) ?? 0 };
}

/** The last point that is not after the moment; the first where all are. */
function pointAt(t: readonly number[], s: number): number {
  const after = t.findIndex((each) => each > s);
  return after === -1 ? t.length - 1 : Math.max(0, after - 1);
}

/** The stretch goes along with a point outside of it. */
function seeing(look: Look, at: number, t: readonly number[]): Look {
  const s = t[at] ?? 0;
  return look.fromS <= s && s <= look.toS ? { ...look, at } : around(s, look.toS - look.fromS, { at, t });
}

function stretched(look: Look & { at: number }, by: number, t: readonly number[]): Look {
  return around(t[look.at] ?? 0, Math.max(LEAST_S, (look.toS - look.fromS) * by), { at: look.at, t });
}

/** A stretch of this length with the moment in its middle, as far as the chart reaches. */
function around(s: number, lengthS: number, { at, t }: { at: number; t: readonly number[] }): Look {
  const all = whole(t);
  const fromS = Math.max(all.fromS, Math.min(s - lengthS / 2, all.toS - lengthS));
  return { at, fromS, toS: Math.min(all.toS, fromS + lengthS) };
}
