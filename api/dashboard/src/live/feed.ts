/* One match as a client of the live feed keeps it: the rules of docs/API.md, "The live feed", as a pure function.

Belongs here: what each frame changes. Does not belong here: sockets (`connection`), pages. */

import type { DeltaFrame, Frame, MatchState, PlayerPosition, Prediction, RetractionFrame, SnapshotFrame } from "../contract";

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
  /** Of the newest position sample. */
  positions: PlayerPosition[];
  /** The newest before the last snapshot, if it stands, and all since, in the order of their seq. What is older is asked of
  REST. */
  predictions: Prediction[];
  /** The newest seq that a prediction was told of, whether it stands or not. */
  predictedSeq: number;
  voids: Void[];
  /** Counts the snapshots that left a hole before them: what was known of older predictions is not to be trusted. */
  holes: number;
}

export const EMPTY: Feed = {
  seq: 0,
  state: null,
  tsEvent: null,
  receivedAt: null,
  isAwaiting: true,
  isFeedAlive: true,
  positions: [],
  predictions: [],
  predictedSeq: 0,
  voids: [],
  holes: 0,
};

/** The feed after `frame`. What a later server says beyond these changes nothing. */
export function receive(feed: Feed, frame: Frame): Feed {
  switch (frame.message) {
    case "snapshot":
      return taken(feed, frame);
    case "delta":
      return frame.seq <= feed.seq ? feed : merged(feed, frame);
    case "prediction":
      return predicted(feed, frame);
    case "retraction":
      if (frame.channel === "state") return doubted(feed, frame);
      return frame.channel === "predictions" ? withdrawn(feed, frame) : feed;
    case "heartbeat":
      return frame.is_feed_alive === feed.isFeedAlive ? feed : { ...feed, isFeedAlive: frame.is_feed_alive };
    default:
      return feed;
  }
}

/** The feed before the first frame of a connection. A snapshot of less than is held begins it anew (rule 1). */
export function opened(feed: Feed, frame: Frame): Feed {
  const isBehind = frame.message === "snapshot" && frame.is_current !== false && frame.seq < feed.seq;
  return isBehind ? { ...EMPTY, holes: feed.holes + 1 } : feed;
}

/** Where to resume after a cut; null asks for a snapshot, because what is held has a hole or nothing is held. */
export function resumeFrom(feed: Feed): number | null {
  return feed.state === null || feed.isAwaiting ? null : feed.seq + 1;
}

/** The newest prediction that stands; `asked` came from REST, and may be from long ago. */
export function newestPrediction(feed: Feed, asked: Prediction | null): Prediction | null {
  const told = feed.predictions.at(-1);
  if (told !== undefined) return told;
  const stands = asked !== null && asked.seq >= feed.predictedSeq && !feed.voids.some((span) => isIn(asked.seq, span));
  return stands ? asked : null;
}

/** Rule 1. A snapshot that leaves a hole may stand for frames that were dropped, a retraction among them: no older
prediction is kept. */
function taken(feed: Feed, frame: SnapshotFrame): Feed {
  const follows = feed.state === null || frame.prev_seq === feed.seq;
  const without = {
    ...feed,
    predictions: follows && !feed.isAwaiting ? feed.predictions.slice(-1) : [],
    holes: follows ? feed.holes : feed.holes + 1,
  };
  if (frame.seq <= feed.seq && !feed.isAwaiting) return without;
  return {
    ...without,
    seq: frame.seq,
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
    isAwaiting: feed.isAwaiting || frame.prev_seq !== feed.seq,
    positions: frame.positions !== undefined && frame.positions.length > 0 ? frame.positions : feed.positions,
  };
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
  if (newest !== undefined && frame.seq <= newest.seq) return feed;
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
  return {
    ...feed,
    predictions: feed.predictions.filter((each) => !isIn(each.seq, span)),
    voids: [...feed.voids, span],
  };
}

export function isIn(seq: number, span: Void): boolean {
  return span.from <= seq && seq <= span.to;
}
