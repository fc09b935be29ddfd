/* Which rounds a map has, and where halves begin among them, as `game/rules.py` has it. Pure functions. */

import type { RoundView, Rules } from "../contract";

export type Lengths = Pick<Rules, "max_rounds" | "overtime_max_rounds">;

/** Of a map whose rules are not told. */
export const USUAL: Lengths = { max_rounds: 24, overtime_max_rounds: 6 };

/** Whether a half, of regulation or of an overtime, ended before this round. */
export function beginsHalf(roundNo: number, rules: Lengths): boolean {
  const into = roundNo - 1 - rules.max_rounds;
  if (into < 0) return roundNo === Math.floor(rules.max_rounds / 2) + 1;
  return into % Math.max(1, Math.floor(rules.overtime_max_rounds / 2)) === 0;
}

/** The numbers of all rounds of regulation, and of those of overtime that have begun. */
export function cellsOf(rules: Lengths, rounds: readonly Pick<RoundView, "round_no">[], running: number | null): number[] {
  const most = Math.max(rules.max_rounds, running ?? 0, ...rounds.map((round) => round.round_no));
  return Array.from({ length: most }, (_, at) => at + 1);
}
