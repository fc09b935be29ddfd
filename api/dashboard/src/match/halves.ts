/* Where halves begin among the rounds of a map, as `game/rules.py` has it. Pure functions. */

import type { Rules } from "../contract";

export type Lengths = Pick<Rules, "max_rounds" | "overtime_max_rounds">;

/** Of a map whose rules are not told. */
export const USUAL: Lengths = { max_rounds: 24, overtime_max_rounds: 6 };

/** Whether a half, of regulation or of an overtime, ended before this round. */
export function beginsHalf(roundNo: number, rules: Lengths): boolean {
  const into = roundNo - 1 - rules.max_rounds;
  if (into < 0) return roundNo === Math.floor(rules.max_rounds / 2) + 1;
  return into % Math.max(1, Math.floor(rules.overtime_max_rounds / 2)) === 0;
}
