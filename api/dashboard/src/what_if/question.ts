/* A question about the running round: what was changed, and what of it is sent. Pure functions. */

import type { BombChange, MatchState, PlayerChange, WhatIf } from "../contract";

/** Changes by player id; a player without changes is not in it. */
export interface Question {
  players: Record<string, PlayerChange>;
  roundLeftS: number | null;
  bomb: BombChange;
  scoreA: number | null;
  scoreB: number | null;
  equipmentA: number | null;
  equipmentB: number | null;
}

export type Figure = "scoreA" | "scoreB" | "equipmentA" | "equipmentB";

export const NOTHING: Question = { players: {}, roundLeftS: null, bomb: {}, scoreA: null, scoreB: null, equipmentA: null, equipmentB: null };

export function isEmpty(question: Question): boolean {
  return Object.keys(asked(question)).length === 0;
}

/** The body of the request: only what was changed. */
export function asked(question: Question): WhatIf {
  const body: WhatIf = {};
  if (Object.keys(question.players).length > 0) body.players = question.players;
  if (question.roundLeftS !== null) body.round_left_s = question.roundLeftS;
  if (Object.keys(question.bomb).length > 0) body.bomb = question.bomb;
  if (question.scoreA !== null) body.score_a = question.scoreA;
  if (question.scoreB !== null) body.score_b = question.scoreB;
  if (question.equipmentA !== null) body.equipment_a = question.equipmentA;
  if (question.equipmentB !== null) body.equipment_b = question.equipmentB;
  return body;
}

/** The question with another figure of a team; what is as in the state is no change. */
export function withFigure(question: Question, figure: Figure, value: number, real: number | null): Question {
  return { ...question, [figure]: value === real ? null : value };
}

/** The question with one more change of a player; what is as in the state is no change. */
export function withPlayer(question: Question, playerId: string, change: PlayerChange, state: MatchState): Question {
  const real = state.players[playerId];
  const merged = { ...question.players[playerId], ...change };
  const kept = Object.fromEntries(Object.entries(merged).filter(([name, value]) => real?.[name as keyof PlayerChange] !== value)) as PlayerChange;
  if (kept.is_alive === true && real?.health === 0 && kept.health === undefined) kept.health = 100;
  if ((kept.is_alive ?? real?.is_alive) === false) delete kept.health;
  const others = Object.entries(question.players).filter(([id]) => id !== playerId);
  return { ...question, players: Object.fromEntries([...others, ...(Object.keys(kept).length > 0 ? [[playerId, kept] as const] : [])]) };
}

/** The question with another bomb; what is as in the state is no change. Without a plant nothing ticks and nobody defuses. */
export function withBomb(question: Question, change: BombChange, state: MatchState): Question {
  const real = bombOf(state);
  const bomb = { ...question.bomb, ...change };
  if (bomb.is_planted === real.isPlanted) delete bomb.is_planted;
  if (bomb.is_being_defused === real.isBeingDefused) delete bomb.is_being_defused;
  const isTicking = bomb.is_planted ?? real.isPlanted;
  if (!isTicking) {
    delete bomb.left_s;
    delete bomb.is_being_defused;
  }
  return { ...question, bomb };
}

/** The bomb of the running round as it is. */
export function bombOf(state: MatchState): { isPlanted: boolean; isBeingDefused: boolean } {
  const bomb = state.round?.bomb;
  return { isPlanted: (bomb?.planted_at ?? null) !== null, isBeingDefused: bomb?.status === "defusing" };
}
