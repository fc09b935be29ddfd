/* Shapes of the REST answers and of the live feed, as docs/API.md has them.

Belongs here: interfaces of one match. Does not belong here: what is over many (`contract_records`), what is done with
them. A Python test holds every field of every interface against the struct that the API sends
(tests/api/dashboard/test_contract.py). Fields that no page needs are left out. */

export type Team = "A" | "B";
export type Side = "ct" | "t";
export type Horizon = "round" | "map" | "series";

export interface RunningMap {
  map_id: string;
  number: number;
  name: string | null;
  a_side: Side;
  score_a: number;
  score_b: number;
  round_no: number | null;
  is_over: boolean;
}

export interface MatchSummary {
  match_id: string;
  seq: number;
  last_ts: string | null;
  match_tag: string | null;
  phase: string | null;
  name_a: string | null;
  name_b: string | null;
  best_of: number;
  maps_a: number;
  maps_b: number;
  is_series_over: boolean;
  series_winner: Team | null;
  map: RunningMap | null;
}

export interface MapResult {
  map_id: string;
  number: number;
  name: string | null;
  score_a: number;
  score_b: number;
  winner_team: Team | null;
}

export interface MatchDetail {
  match: MatchSummary;
  finished_maps: MapResult[];
  prediction: Prediction | null;
}

export interface Player {
  player_id: string;
  name: string | null;
  team: Team | null;
  is_bot: boolean;
  is_connected: boolean;
  is_alive: boolean;
  health: number;
  armor: number;
  has_helmet: boolean;
  has_kit: boolean;
  has_primary: boolean;
  grenades: number;
  money: number | null;
  equipment_value: number;
}

export interface Bomb {
  status: string;
  player_id: string | null;
  site: string | null;
  planted_at: string | null;
  defuse_begun_at: string | null;
  defuse_has_kit: boolean;
}

export interface Round {
  number: number;
  first_seq: number;
  started_at: string;
  live_at: string | null;
  ended_at: string | null;
  winner_team: Team | null;
  is_pistol: boolean;
  is_overtime: boolean;
  equipment_a: number | null;
  equipment_b: number | null;
  is_partial: boolean;
  bomb: Bomb;
}

export interface RoundResult {
  number: number;
  winner_team: Team;
  winner_side: Side;
  reason: string;
  score_a: number;
  score_b: number;
  a_side: Side;
  first_seq: number;
}

export interface Rules {
  max_rounds: number;
  overtime_max_rounds: number;
  freeze_s: number;
  round_s: number;
  bomb_s: number;
  defuse_s: number;
  defuse_kit_s: number;
}

export interface MapState {
  map_id: string;
  number: number;
  name: string | null;
  rules: Rules;
  a_side: Side;
  score_a: number;
  score_b: number;
  first_seq: number;
  rounds: RoundResult[];
  is_over: boolean;
}

export interface MatchState {
  match_id: string;
  seq: number;
  phase: string | null;
  match_tag: string;
  name_a: string | null;
  name_b: string | null;
  best_of: number;
  maps_a: number;
  maps_b: number;
  series_winner: Team | null;
  is_series_over: boolean;
  finished_maps: MapResult[];
  map: MapState | null;
  round: Round | null;
  players: Record<string, Player>;
  last_ts: string | null;
}

export interface Probability {
  p_a: number;
  p_b: number;
  lo: number;
  hi: number;
  confidence: number;
  p_ct: number | null;
}

export interface Prediction {
  message: "prediction";
  match_id: string;
  seq: number;
  map_id: string;
  round_no: number | null;
  round_time_s: number | null;
  ts_event: string;
  round: Probability;
  map: Probability;
  series: Probability;
  model_version: string;
  receipt_id: string;
  predicted_at: string | null;
  outside: string | null;
  swing: number | null;
}

export interface Chance {
  p_a: number;
  lo: number;
  hi: number;
}

/** The last prediction of an interval of time. */
export interface PointView {
  seq: number;
  ts_event: string;
  map_id: string;
  round_no: number | null;
  round: Chance | null;
  map: Chance | null;
  series: Chance | null;
}

export interface PlayerPosition {
  player_id: string;
  x: number;
  y: number;
  z: number;
  yaw_deg?: number;
  is_alive?: boolean;
  health?: number;
  armor?: number;
  money?: number;
  weapon?: string;
  has_bomb?: boolean;
}

export interface SnapshotFrame {
  message: "snapshot";
  match_id: string;
  seq: number;
  prev_seq: number;
  ts_event: string | null;
  is_current?: boolean;
  state: MatchState;
  received_at?: string | null;
}

export interface DeltaFrame {
  message: "delta";
  match_id: string;
  seq: number;
  prev_seq: number;
  ts_event: string;
  set?: Record<string, unknown>;
  positions?: PlayerPosition[];
  received_at?: string | null;
}

export interface RetractionFrame {
  message: "retraction";
  channel: "state" | "predictions" | "events" | "results";
  match_id: string;
  seq: number;
  from_seq: number;
  to_seq: number;
  reason: string;
}

export interface HeartbeatFrame {
  message: "heartbeat";
  match_id: string;
  seq: number;
  ts: string;
  is_feed_alive: boolean;
}

export type Frame = SnapshotFrame | DeltaFrame | Prediction | RetractionFrame | HeartbeatFrame;

export interface RoundView {
  map_id: string;
  round_no: number;
  winner_team: Team;
  winner_side: Side;
  reason: string;
  score_a: number;
  score_b: number;
  a_side: Side | null;
  is_pistol: boolean | null;
  equipment_a: number | null;
  equipment_b: number | null;
  economy_a: string | null;
  economy_b: string | null;
  started_at: string | null;
  ended_at: string | null;
}

export interface MapLine {
  map_id: string;
  seq: number;
  rounds: number;
  stats: Record<string, number>;
}

export interface PlayerView {
  player_id: string;
  name: string | null;
  team: Team | null;
  is_bot: boolean;
  maps: MapLine[];
}

export interface Swing {
  cause: string;
  p_a_before: number;
  p_a_after: number;
  credits: Record<string, number>;
}

export interface SwingsView {
  match_id: string;
  seq: number;
  map_id: string | null;
  round_no: number | null;
  ts_event: string;
  swings: Swing[];
}

export interface EventView {
  match_id: string;
  seq: number;
  event_id: string;
  map_id: string | null;
  round_no: number | null;
  ts_event: string;
  type: string;
  is_post_round: boolean;
  match_tag: string;
  payload: Record<string, unknown>;
  facts: Record<string, unknown>[];
  corrects: number | null;
}

export interface Page<T> {
  items: T[];
  next_from_seq: number | null;
  is_complete: boolean;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  field: string;
  reason: string;
}

export interface Chances {
  round: Probability;
  map: Probability;
  series: Probability;
}

export interface WhatIfView {
  match_id: string;
  seq: number;
  model_version: string;
  before: Chances;
  after: Chances;
}

export interface PlayerChange {
  is_alive?: boolean;
  health?: number;
  armor?: number;
  has_helmet?: boolean;
  has_kit?: boolean;
}

export interface BombChange {
  is_planted?: boolean;
  left_s?: number;
  is_being_defused?: boolean;
}

export interface WhatIf {
  players?: Record<string, PlayerChange>;
  round_left_s?: number;
  bomb?: BombChange;
  score_a?: number;
  score_b?: number;
  equipment_a?: number;
  equipment_b?: number;
}

export interface OutlineView {
  map_name: string;
  cell: number;
  x0: number;
  y0: number;
  z0: number;
  width: number;
  height: number;
  levels: { bits: string; heights: string }[];
  split_z: number | null;
  site_a: [number, number, number] | null;
  site_b: [number, number, number] | null;
  ct_spawn: [number, number, number] | null;
  t_spawn: [number, number, number] | null;
}
