/* How settled the figures of a finished match are, from the scorecards of its maps. Pure functions.

Belongs here: what is said of them. Does not belong here: asking for them, cards (`page`). */

import type { QualityView } from "../contract_records";

/** In a few words; none where the batch path has made nothing of the match. The least settled of the `played` maps decides. */
export function finality(cards: readonly Pick<QualityView, "finality" | "breaches">[], played: number): string {
  if (cards.length === 0) return "";
  const breaches = cards.reduce((sum, card) => sum + card.breaches, 0);
  const word = least(cards.map((card) => card.finality), played);
  return breaches === 0 ? word : `${word}, ${breaches} breaches of the rules`;
}

function least(told: readonly string[], played: number): string {
  if (told.includes("provisional")) return "provisional";
  if (told.length < played) return `${told.length} of ${played} maps settled`;
  return told.includes("amended") ? "amended" : "final";
}
