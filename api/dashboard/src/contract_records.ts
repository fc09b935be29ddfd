/* Shapes of the REST answers about many matches: careers, teams, models, calibration, scorecards.

Belongs here: interfaces, held by the same test as those of `contract`. Does not belong here: one match. */

import type { Team } from "./contract";

export interface Known {
  player_id: string;
  name: string | null;
  is_bot: boolean;
  last_match_id: string | null;
  last_seen_at: string;
}

export interface CareerSplit {
  maps: number;
  rounds: number;
  stats: Record<string, number>;
}

export interface CareerMap {
  match_id: string;
  map_id: string;
  map_name: string | null;
  rounds: number;
  last_event_at: string;
  stats: Record<string, number>;
}

export interface Career {
  player: Known;
  total: CareerSplit;
  by_map: Record<string, CareerSplit>;
  form: CareerMap[];
}

export interface Leader {
  place: number;
  player_id: string;
  name: string | null;
  maps: number;
  rounds: number;
  value: number;
}

export interface Leaderboard {
  definition: string;
  unit: string;
  least_rounds: number;
  players: Leader[];
}

export interface DefinitionView {
  stat_id: string;
  scope: string;
  unit: string;
  meaning: string;
}

export interface TeamView {
  team_id: string;
  name: string;
  last_match_id: string | null;
  last_seen_at: string;
}

export interface WonLost {
  maps_won: number;
  maps_lost: number;
  rounds_won: number;
  rounds_lost: number;
}

export interface FoundMatch {
  match_id: string;
  name_a: string | null;
  name_b: string | null;
  team_a_id: string | null;
  team_b_id: string | null;
  best_of: number;
  status: string;
  maps_a: number;
  maps_b: number;
  winner_team: Team | null;
  first_event_at: string;
}

export interface TeamDetail {
  team: TeamView;
  record: WonLost;
  by_map: Record<string, WonLost>;
  matches: FoundMatch[];
}

export interface ModelView {
  name: string;
  model_version: string | null;
  model_hash: string | null;
  roles: string[];
  since: string | null;
  who: string;
  why: string;
  problem: string;
}

export interface ShadowView {
  champion: string;
  challenger: string;
  challenger_hash: string;
  maps: number;
  rounds: number;
  rows: number;
  champion_log_loss: number;
  challenger_log_loss: number;
  paired: number;
  paired_interval: [number, number] | null;
}

export interface Bin {
  from_p: number;
  to_p: number;
  states: number;
  units: number;
  mean_p: number;
  share_won: number;
  lo: number;
  hi: number;
}

export interface Reliability {
  model_version: string;
  model_hash: string;
  horizon: string;
  slice: string;
  states: number;
  log_loss: number;
  ece: number;
  bins: Bin[];
}

export interface QualityView {
  map_id: string;
  finality: string;
  revision: number;
  breaches: number;
}

export interface LiveQuality {
  match_id: string;
  maps: QualityView[];
}
