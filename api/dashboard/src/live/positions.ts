/* Where everybody is, as the live feed tells it: the rules of docs/API.md, "Positions".

Belongs here: a picture and what makes it another. Does not belong here: the rest of the feed (`feed`). */

import type { MovesFrame, PlayerPosition } from "../contract";

const ADDED = ["x", "y", "z", "yaw_deg", "pitch_deg"] as const;

/** The players after `frame`, in the same order. */
export function moved(players: readonly PlayerPosition[], frame: MovesFrame): PlayerPosition[] {
  const after = players.map((each) => ({ ...each }));
  for (const [place = -1, ...steps] of frame.moves ?? []) {
    const player = after[place];
    if (player === undefined) continue;
    ADDED.forEach((name, n) => {
      const step = steps[n] ?? 0;
      if (step !== 0) player[name] = (player[name] ?? 0) + step;
    });
  }
  return after.map((each) => ({ ...each, ...frame.set?.[each.player_id] }));
}
