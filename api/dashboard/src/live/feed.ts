/* One match as a client of the live feed keeps it: the rules of docs/API.md, "The live feed", as a pure function.

Belongs here: what each frame changes. Does not belong here: sockets (`connection`), pages. */

import type { DeltaFrame, Doubt, Frame, MatchState, PlayerPosition, Prediction, RetractionFrame, SnapshotFrame } from "../contract";
import { moved } from "./positions";
import { heard, withdrawnFrom, type Run } from "./run";

/** A range of seq that was withdrawn from the channel of predictions. Ranges are never told again under the same seq. */
export interface Void {
  from: number;
  to: number;
}

export interface Feed {
  /** The last seq of the state; 0 before the first frame. */
  seq: number;
  state: MatchState | null;
  tsEvent: string | null;
  receivedAt: string | null;
  /** Something before the next snapshot is missing: show the state, do not trust it. */
  isAwaiting: boolean;
  /** False while the server cannot read its topics. */
  isFeedAlive: boolean;
  /** Why the server has suspended the match; null while it has not. */
  doubt: Doubt | null;
  /** The newest seq of the state that the match's source is known to have brought: our own clock goes on where a source is
  silent, and a snapshot does not say what led to it. */
  spokeSeq: number;
  /** Of the newest position sample, in whole numbers, and its seq. */
  positions: PlayerPosition[];
  sampleSeq: number;
  /** The newest events; null while they are not followed. */
  run: Run | null;
  /** The newest before the last snapshot, if it stands, and all since, in the order of their seq. What is older is asked of
  REST. */
  predictions: Prediction[];
  /** The newest seq that a prediction was told of, whether it stands or not. */
  predictedSeq: number;
  voids: Void[];
  /** Up to which seq this connection has told the state, or was not asked to tell it. Behind `seq` while it tells again what
  is known. */
  toldSeq: number;
  /** Whether it has told nothing of the state yet. */
  isOpening: boolean;
  /** Counts the holes before snapshots: what was known of older predictions is not to be trusted. */
  holes: number;
  /** Whether frames were dropped, so that the hole before the next snapshot of this connection is counted already. */
  isConflated: boolean;
}

export const EMPTY: Feed = {
  seq: 0,
  state: null,
  tsEvent: null,
  receivedAt: null,
  isAwaiting: true,
  isFeedAlive: true,
  doubt: null,
  spokeSeq: 0,
  positions: [],
  sampleSeq: 0,
  run: null,
  predictions: [],
  predictedSeq: 0,
  voids: [],
  toldSeq: -1,
  isOpening: true,
  holes: 0,
  isConflated: false,
};

/** The feed after `frame`. What a later server says beyond these changes nothing. */
export function receive(feed: Feed, frame: Frame): Feed {
  switch (frame.message) {
    case "snapshot":
      return told(taken(begun(feed, frame), frame), frame.seq);
    case "delta":
      return told(frame.seq <= feed.seq ? feed : merged(feed, frame), frame.seq);
    case "positions":
      return sampled(feed, frame.seq, frame.players);
    case "moves":
      return frame.prev_seq === feed.sampleSeq ? sampled(feed, frame.seq, moved(feed.positions, frame)) : feed;
    case "event":
      return { ...feed, run: heard(feed.run, frame) };
    case "prediction":
      return predicted(feed, frame);
    case "retraction":
      if (frame.channel === "state") return doubted(feed, frame);
      if (frame.channel === "events") return { ...feed, run: withdrawnFrom(feed.run, frame) };
      return frame.channel === "predictions" ? withdrawn(feed, frame) : feed;
    case "heartbeat":
      return frame.is_feed_alive === feed.isFeedAlive ? feed : { ...feed, isFeedAlive: frame.is_feed_alive };
    case "suspend":
      return { ...feed, doubt: frame.reason };
    case "resume":
      return { ...feed, doubt: null };
    case "conflated":
      return { ...feed, predictions: [], run: null, isAwaiting: true, holes: feed.holes + 1, isConflated: true };
    default:
      return feed;
  }
}

/** The feed on a new connection that was asked to resume at a seq, or for a snapshot (null). */
export function connected(feed: Feed, fromSeq: number | null): Feed {
  return { ...feed, toldSeq: (fromSeq ?? 0) - 1, isOpening: true, doubt: null, isConflated: false };
}

/** Where to resume after a cut: at the first seq that is missing of the state, of the predictions or of the events. Null asks for a snapshot
and the newest prediction, because what is held of one has a hole or nothing is held. */
export function resumeFrom(feed: Feed): number | null {
  const isKnown = feed.state !== null && !feed.isAwaiting && feed.predictions.length > 0;
  return isKnown ? Math.min(feed.seq, feed.predictedSeq, feed.run?.lastSeq ?? Infinity) + 1 : null;
}

/** The newest prediction that stands; `asked` came from REST, perhaps long ago, perhaps after the last that was told. */
export function newestPrediction(feed: Feed, asked: Prediction | null): Prediction | null {
  const last = feed.predictions.at(-1) ?? null;
  if (asked === null || isVoid(asked.seq, feed)) return last;
  const isNewer = asked.seq > feed.predictedSeq || (last === null && asked.seq === feed.predictedSeq);
  return isNewer ? asked : last;
}

function told(feed: Feed, seq: number): Feed {
  return seq === feed.toldSeq && !feed.isOpening ? feed : { ...feed, toldSeq: seq, isOpening: false };
}

/** The feed before a snapshot. One of less than is held, the first of a connection, begins it anew (rule 1). */
function begun(feed: Feed, frame: SnapshotFrame): Feed {
  const isBehind = feed.isOpening && frame.is_current !== false && frame.seq < feed.seq && !follows(feed, frame);
  return isBehind ? { ...EMPTY, isFeedAlive: feed.isFeedAlive, holes: feed.holes + 1 } : feed;
}

/** Whether nothing is missing before the snapshot. What is told again follows what this connection told before it. */
function follows(feed: Feed, frame: SnapshotFrame): boolean {
  if (feed.state === null) return true;
  if (frame.seq > feed.seq) return frame.prev_seq === feed.seq;
  return frame.prev_seq <= feed.toldSeq && feed.toldSeq < frame.seq;
}

/** Rule 1. A snapshot that leaves a hole may stand for frames that were dropped, a retraction among them: no older
prediction is kept. One that was awaited after a retraction follows the predictions that were told anew before it. */
function taken(feed: Feed, frame: SnapshotFrame): Feed {
  const isNext = follows(feed, frame);
  const standing = feed.isAwaiting ? feed.predictions.filter((each) => each.seq > feed.seq) : feed.predictions.slice(-1);
  const without = {
    ...feed,
    predictions: isNext ? standing : [],
    holes: isNext || feed.isConflated ? feed.holes : feed.holes + 1,
    isConflated: false,
  };
  if (frame.seq <= feed.seq && !feed.isAwaiting) return without;
  return {
    ...without,
    seq: frame.seq,
    spokeSeq: feed.state === null ? frame.seq : feed.spokeSeq,
    state: frame.state,
    tsEvent: frame.ts_event,
    receivedAt: frame.received_at ?? null,
    isAwaiting: frame.is_current === false,
  };
}

/** Rule 2. What a delta says is newer than what was, also where something between is missing. */
function merged(feed: Feed, frame: DeltaFrame): Feed {
  const carried = { seq: frame.seq, last_ts: frame.ts_event };
  return {
    ...feed,
    seq: frame.seq,
    state: feed.state === null ? null : { ...applied(feed.state, frame.set ?? {}), ...carried },
    tsEvent: frame.ts_event,
    receivedAt: frame.received_at ?? null,
    spokeSeq: isTick(feed.state, frame) ? feed.spokeSeq : frame.seq,
    isAwaiting: feed.isAwaiting || frame.prev_seq !== feed.seq,
  };
}

/** A sample is the source's word, also where the delta of the state that it comes with says nothing. */
function sampled(feed: Feed, seq: number, positions: PlayerPosition[]): Feed {
  return { ...feed, positions, sampleSeq: seq, spokeSeq: Math.max(feed.spokeSeq, seq) };
}

/** Whether a delta is what our own clock brings while a source is silent: nothing but a whole second of the round. */
function isTick(state: MatchState | null, frame: DeltaFrame): boolean {
  const begun = state?.round?.live_at ?? null;
  if (begun === null || Object.keys(frame.set ?? {}).length > 0) return false;
  return (Date.parse(frame.ts_event) - Date.parse(begun)) % 1000 === 0;
}

/** The state with a difference in it: `map` and `round` by field, `players` by id and field, null clears. */
export function applied(state: MatchState, difference: Record<string, unknown>): MatchState {
  const after: Record<string, unknown> = { ...state };
  for (const [name, value] of Object.entries(difference)) {
    if (name === "players") after[name] = { ...state.players, ...changedPlayers(state, value) };
    else if ((name === "map" || name === "round") && value !== null) after[name] = { ...state[name], ...(value as object) };
    else after[name] = value;
  }
  return after as unknown as MatchState;
}

function changedPlayers(state: MatchState, value: unknown): Record<string, unknown> {
  const changes = Object.entries(value as Record<string, object>);
  return Object.fromEntries(changes.map(([id, change]) => [id, { ...state.players[id], ...change }]));
}

function predicted(feed: Feed, frame: Prediction): Feed {
  const newest = feed.predictions.at(-1);
  if ((newest !== undefined && frame.seq <= newest.seq) || isVoid(frame.seq, feed)) return feed;
  return { ...feed, predictions: [...feed.predictions, frame], predictedSeq: Math.max(feed.predictedSeq, frame.seq) };
}

/** Rule 3, state. */
function doubted(feed: Feed, frame: RetractionFrame): Feed {
  const isHit = frame.from_seq <= feed.seq && feed.seq <= frame.to_seq;
  return isHit ? { ...feed, isAwaiting: true } : feed;
}

/** Rule 3, predictions. */
function withdrawn(feed: Feed, frame: RetractionFrame): Feed {
  const span = { from: frame.from_seq, to: frame.to_seq };
  if (feed.voids.some((each) => each.from === span.from && each.to === span.to)) return feed;
  return {
    ...feed,
    predictions: feed.predictions.filter((each) => !isIn(each.seq, span)),
    voids: [...feed.voids, span],
  };
}

function isVoid(seq: number, feed: Feed): boolean {
  return feed.voids.some((span) => isIn(seq, span));
}

export function isIn(seq: number, span: Void): boolean {
  return span.from <= seq && seq <= span.to;
}
