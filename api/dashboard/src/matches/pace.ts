/* How often a running match in view is asked for its chances: what all of them may cost together. Pure functions. */

const ONE_MS = 5_000;
/** Between two questions of all cards together: with the list itself the page stays below the two requests a second of the
smallest plan. */
const ALL_MS = 1_000;

/** For each of so many running matches in view. */
export function chancesMs(cards: number): number {
  return Math.max(ONE_MS, cards * ALL_MS);
}
