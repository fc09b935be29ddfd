/* Frames of a made-up match for tests. No tests here. */

import type { DeltaFrame, EventFrame, MatchState, Prediction, Probability, RetractionFrame, SnapshotFrame } from "../src/contract";

export function state(seq: number, change: Partial<MatchState> = {}): MatchState {
  return {
    match_id: "m",
    seq,
    phase: "live",
    match_tag: "live",
    name_a: "Aspen",
    name_b: "Birch",
    best_of: 3,
    maps_a: 0,
    maps_b: 0,
    series_winner: null,
    is_series_over: false,
    finished_maps: [],
    map: null,
    round: null,
    players: {},
    last_ts: moment(seq),
    ...change,
  };
}

export function snapshot(seq: number, prev: number, change: Partial<SnapshotFrame> = {}): SnapshotFrame {
  return { message: "snapshot", match_id: "m", seq, prev_seq: prev, ts_event: moment(seq), state: state(seq), ...change };
}

export function delta(seq: number, prev: number, set: Record<string, unknown> = {}): DeltaFrame {
  return { message: "delta", match_id: "m", seq, prev_seq: prev, ts_event: moment(seq), set };
}

export function event(seq: number, prev: number, type = "position_sample"): EventFrame {
  return {
    message: "event",
    match_id: "m",
    seq,
    prev_seq: prev,
    event_id: `e${seq}`,
    map_id: "map",
    round_no: 1,
    ts_event: moment(seq),
    type,
    source: "test",
    match_tag: "live",
    is_post_round: false,
    payload: {},
    facts: [],
    corrects: null,
  };
}

export function retraction(channel: "state" | "predictions" | "events", from: number, to: number): RetractionFrame {
  return { message: "retraction", channel, match_id: "m", seq: to + 1, from_seq: from, to_seq: to, reason: "test" };
}

export function chance(p: number): Probability {
  return { p_a: p, p_b: 1 - p, lo: p - 0.1, hi: p + 0.1, confidence: 0.8, p_ct: null };
}

export function prediction(seq: number, p = 0.5, change: Partial<Prediction> = {}): Prediction {
  return {
    message: "prediction",
    match_id: "m",
    seq,
    prev_seq: seq - 1,
    event_id: `e${seq}`,
    map_id: "map",
    map_name: "de_nuke",
    round_no: 1,
    round_time_s: 1,
    ts_event: moment(seq),
    round: chance(p),
    map: chance(p),
    series: chance(p),
    model_version: "test",
    receipt_id: `r${seq}`,
    predicted_at: null,
    outside: null,
    swing: null,
    ...change,
  };
}

/** One second of match time for each seq. */
export function moment(seq: number): string {
  return new Date(Date.UTC(2026, 0, 18, 12) + seq * 1000).toISOString();
}
