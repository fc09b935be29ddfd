/* What moved the round's probability: the changes of one event in one line. Pure functions. */

import type { RoundView, Side, SwingsView } from "../contract";

/** A change below this is not worth a line: four points. */
export const WORTH = 0.04;

export interface Move {
  seq: number;
  roundNo: number | null;
  tsMs: number;
  cause: string;
  /** Of team A. */
  before: number;
  after: number;
  change: number;
  /** Players with what the change credits them: who gained most first, who lost most last. */
  credits: [string, number][];
}

/** Team A's side in each round that is known of; the one that runs is not among the results yet. */
export function sidesByRound(rounds: readonly RoundView[], running: { number: number; aSide: Side | null } | null): Map<number, Side | null> {
  const sides = new Map(rounds.map((round) => [round.round_no, round.a_side]));
  return running === null || sides.has(running.number) ? sides : sides.set(running.number, running.aSide);
}

/** The moves among the swings of events, in their order. */
export function moves(views: readonly SwingsView[], worth: number = WORTH): Move[] {
  return views.map(move).filter((each): each is Move => each !== null && Math.abs(each.change) >= worth);
}

function move(view: SwingsView): Move | null {
  const told = view.swings.filter((swing) => swing.cause !== "clock");
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return null;
  const credits = new Map<string, number>();
  for (const swing of told)
    for (const [id, credit] of Object.entries(swing.credits)) credits.set(id, (credits.get(id) ?? 0) + credit);
  return {
    seq: view.seq,
    roundNo: view.round_no,
    tsMs: Date.parse(view.ts_event),
    cause: last.cause,
    before: first.p_a_before,
    after: last.p_a_after,
    change: last.p_a_after - first.p_a_before,
    credits: [...credits].sort((one, other) => other[1] - one[1]),
  };
}
