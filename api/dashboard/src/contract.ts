/* Shapes of one match: REST as the exported contract has it, and the live feed by hand.

Belongs here: names for shapes, and what the contract leaves open. Does not belong here: what is over many
(`contract_records`), what is done with them. A Python test holds every field of every interface that is written by hand
against the struct that is sent (tests/api/dashboard/test_contract.py). Fields that no page needs are left out of those. */

import type { Answer, Asked, Closer, Refused } from "./answers";

export type Team = "A" | "B";
export type Side = "ct" | "t";
export type Horizon = "round" | "map" | "series";

/* REST. Where the document has a plain text for a team or side, or passes on what the stream published, it is told here. */

export type MatchSummary = Closer<Answer<"/api/v1/matches">[number], { series_winner: Team | null; map: RunningMap | null }>;
export type RunningMap = Closer<NonNullable<Answer<"/api/v1/matches">[number]["map"]>, { a_side: Side }>;
export type MatchDetail = Closer<Answer<"/api/v1/matches/{match_id}">, { match: MatchSummary; finished_maps: MapResult[] }>;
export type Prediction = NonNullable<Answer<"/api/v1/matches/{match_id}">["prediction"]>;
export type Probability = Prediction["round"];
export type PointView = Answer<"/api/v1/matches/{match_id}/predictions/history">["items"][number];
export type RoundView = Closer<Answer<"/api/v1/matches/{match_id}/rounds">[number], { winner_team: Team; winner_side: Side; a_side: Side | null }>;
export type PlayerView = Closer<Answer<"/api/v1/matches/{match_id}/players">[number], { team: Team | null }>;
export type MapLine = NonNullable<PlayerView["maps"]>[number];
export type SwingsView = Answer<"/api/v1/matches/{match_id}/swings">["items"][number];
export type Swing = SwingsView["swings"][number];
export type EventView = Closer<Answer<"/api/v1/matches/{match_id}/events">["items"][number], { payload: Record<string, unknown>; facts: Record<string, unknown>[] }>;
export type Page<T> = Closer<Answer<"/api/v1/matches/{match_id}/events">, { items: T[] }>;
export type WhatIfView = Answer<"/api/v1/matches/{match_id}/what-if", "post">;
export type Chances = WhatIfView["before"];
export type WhatIf = Asked<"/api/v1/matches/{match_id}/what-if">;
export type PlayerChange = NonNullable<WhatIf["players"]>[string];
export type BombChange = NonNullable<WhatIf["bomb"]>;
export type OutlineView = Answer<"/api/v1/maps/{name}/outline">;
export type RadarView = Answer<"/api/v1/maps/radars">[number];
export type Problem = Omit<Refused<"/api/v1/matches">, "rejected">;

/* What the stream publishes and the live feed sends, which OpenAPI does not describe. */

export interface MapResult {
  map_id: string;
  number: number;
  name: string | null;
  score_a: number;
  score_b: number;
  winner_team: Team | null;
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

export interface PlayerPosition {
  player_id: string;
  x: number;
  y: number;
  z: number;
  yaw_deg?: number | null;
  pitch_deg?: number | null;
  is_alive?: boolean | null;
  health?: number | null;
  armor?: number | null;
  money?: number | null;
  weapon?: string | null;
  has_bomb?: boolean | null;
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
  received_at?: string | null;
}

/** Where everybody is. */
export interface PositionsFrame {
  message: "positions";
  match_id: string;
  seq: number;
  ts_event: string;
  players: PlayerPosition[];
}

/** What has changed since the frame `prev_seq` of that channel. */
export interface MovesFrame {
  message: "moves";
  match_id: string;
  seq: number;
  prev_seq: number;
  ts_event: string;
  /** A player's place in the last `players`, then what is added to x, y, z, yaw_deg, pitch_deg. */
  moves?: number[][];
  /** By player id. */
  set?: Record<string, Partial<PlayerPosition>>;
}

/** An event as it was understood: what `/events` tells of it. */
export type EventFrame = EventView & { message: "event"; prev_seq: number };

export interface RetractionFrame {
  message: "retraction";
  channel: "state" | "predictions" | "events" | "results" | "positions";
  match_id: string;
  seq: number;
  from_seq: number;
  to_seq: number;
  reason: string;
}

export interface BeatFrame {
  message: "heartbeat";
  ts: string;
  is_feed_alive: boolean;
}

/** What the server warns of: act on nothing of the match until it resumes. */
export type Doubt = "feed_away" | "stream_late" | "state_doubtful" | "source_silent";

export interface SuspendFrame {
  message: "suspend";
  match_id: string;
  reason: Doubt;
}

export interface ResumeFrame {
  message: "resume";
  match_id: string;
}

export interface ConflatedFrame {
  message: "conflated";
  match_id: string;
  seq: number;
}

export interface SubscribedFrame {
  message: "subscribed";
  match_id: string;
  seq: number;
}

export interface RefusedFrame {
  message: "refused";
  field: string;
  reason: string;
}

/** What says something of the match. */
export type MatchFrame = SnapshotFrame | DeltaFrame | PositionsFrame | MovesFrame | EventFrame | Prediction | RetractionFrame | SuspendFrame | ResumeFrame | ConflatedFrame;
export type Frame = MatchFrame | BeatFrame | SubscribedFrame | RefusedFrame;

