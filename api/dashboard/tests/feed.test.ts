/* The rules for clients of the live feed, one by one, and that together they converge on a hostile line. */

import { describe, expect, test } from "vitest";
import type { Frame, MatchState } from "../src/contract";
import { applied, EMPTY, newestPrediction, receive, resumeFrom, type Feed } from "../src/live/feed";
import { delta, prediction, retraction, snapshot, state } from "./frames";

function after(...frames: Frame[]): Feed {
  return frames.reduce(receive, EMPTY);
}

describe("snapshots", () => {
  test("the first is taken as it is", () => {
    const feed = after(snapshot(5, 0));
    expect([feed.seq, feed.isAwaiting, feed.state?.seq, feed.holes]).toEqual([5, false, 5, 0]);
  });

  test("one that the stream still has to confirm is shown and not trusted", () => {
    const feed = after(snapshot(5, 0, { is_current: false }));
    expect([feed.state?.seq, feed.isAwaiting, resumeFrom(feed)]).toEqual([5, true, null]);
  });

  test("an older one changes nothing of the state", () => {
    const feed = after(snapshot(5, 0), delta(6, 5, { phase: "planted" }), snapshot(4, 3));
    expect([feed.seq, feed.state?.phase]).toEqual([6, "planted"]);
  });

  test("one that follows without a hole leaves history alone, one after a hole does not", () => {
    expect(after(snapshot(5, 0), snapshot(6, 5)).holes).toBe(0);
    expect(after(snapshot(5, 0), snapshot(9, 8)).holes).toBe(1);
  });

  test("one that follows without a hole keeps the newest prediction, one after a hole or a doubt none", () => {
    const kept = (...frames: Frame[]): number[] => after(snapshot(5, 0), prediction(5), delta(6, 5), prediction(6), ...frames).predictions.map((each) => each.seq);
    expect(kept(snapshot(7, 6))).toEqual([6]);
    expect(kept(snapshot(7, 6), prediction(7))).toEqual([6, 7]);
    expect(kept(snapshot(7, 6), retraction("predictions", 6, 6))).toEqual([]);
    expect(kept(snapshot(9, 8))).toEqual([]);
    expect(kept(snapshot(6, 5))).toEqual([]);
    expect(kept(retraction("state", 6, 6), snapshot(7, 6))).toEqual([]);
  });
});

describe("deltas", () => {
  test("set fields, fields inside map, round and players; null clears", () => {
    const before = state(1, {
      round: { number: 1, winner_team: null } as MatchState["round"],
      players: { p1: { health: 100, is_alive: true }, p2: { health: 50 } } as unknown as MatchState["players"],
    });
    const later = applied(before, { phase: "round_end", round: { winner_team: "A" }, players: { p1: { health: 0 } } });
    expect(later.phase).toBe("round_end");
    expect(later.round).toEqual({ number: 1, winner_team: "A" });
    expect(later.players).toEqual({ p1: { health: 0, is_alive: true }, p2: { health: 50 } });
    expect(applied(later, { round: null }).round).toBeNull();
    expect(before.players["p1"]?.health).toBe(100);
  });

  test("seen ones are ignored", () => {
    const feed = after(snapshot(5, 0), delta(6, 5, { phase: "planted" }));
    expect(receive(feed, delta(6, 5, { phase: "freeze_time" }))).toBe(feed);
  });

  test("the state carries the frame's own seq and time", () => {
    expect(after(snapshot(5, 0), delta(6, 5)).state?.seq).toBe(6);
  });

  test("a hole is applied and waited out", () => {
    const feed = after(snapshot(5, 0), delta(8, 7, { phase: "planted" }));
    expect([feed.seq, feed.state?.phase, feed.isAwaiting, resumeFrom(feed)]).toEqual([8, "planted", true, null]);
    expect(after(snapshot(5, 0), delta(8, 7), snapshot(8, 7)).isAwaiting).toBe(false);
  });

  test("positions stay until the next sample", () => {
    const positions = [{ player_id: "p1", x: 1, y: 2, z: 3 }];
    const feed = after(snapshot(5, 0), { ...delta(6, 5), positions }, delta(7, 6));
    expect(feed.positions).toEqual(positions);
  });
});

describe("retractions", () => {
  test("of the state make one who stands in the range wait for the snapshot that follows", () => {
    const feed = after(snapshot(5, 0), delta(6, 5), retraction("state", 4, 6));
    expect([feed.isAwaiting, resumeFrom(feed)]).toEqual([true, null]);
    expect(receive(feed, snapshot(7, 3)).isAwaiting).toBe(false);
  });

  test("of a range that was left behind change nothing", () => {
    expect(after(snapshot(9, 0), retraction("state", 4, 6)).isAwaiting).toBe(false);
  });

  test("of predictions drop those in the range and are remembered", () => {
    const feed = after(snapshot(5, 0), prediction(5), prediction(6), prediction(7), retraction("predictions", 6, 7));
    expect(feed.predictions.map((each) => each.seq)).toEqual([5]);
    expect(feed.voids).toEqual([{ from: 6, to: 7 }]);
  });
});

test("the newest prediction is the feed's, else one that was asked for and that the feed has told nothing newer than", () => {
  const asked = prediction(4);
  expect(newestPrediction(after(snapshot(5, 0)), asked)?.seq).toBe(4);
  expect(newestPrediction(after(snapshot(5, 0), prediction(5)), asked)?.seq).toBe(5);
  const holed = after(snapshot(5, 0), prediction(5), snapshot(9, 8));
  expect(newestPrediction(holed, asked)).toBeNull();
  expect(newestPrediction(holed, prediction(9))?.seq).toBe(9);
  expect(newestPrediction(after(snapshot(5, 0), retraction("predictions", 4, 5)), asked)).toBeNull();
  expect(newestPrediction(EMPTY, null)).toBeNull();
});

test("predictions come once and in order", () => {
  const feed = after(snapshot(5, 0), prediction(5, 0.4), prediction(5, 0.6), prediction(4));
  expect(feed.predictions.map((each) => [each.seq, each.round.p_a])).toEqual([[5, 0.4]]);
});

test("a heartbeat says whether the server can read", () => {
  const beat = { message: "heartbeat", match_id: "m", seq: 5, ts: "", is_feed_alive: false } as const;
  expect(after(snapshot(5, 0), beat).isFeedAlive).toBe(false);
  expect(after(snapshot(5, 0), beat, { ...beat, is_feed_alive: true }).isFeedAlive).toBe(true);
});

test("what these rules do not know changes nothing", () => {
  const feed = after(snapshot(5, 0), prediction(5));
  expect(receive(feed, { message: "result", seq: 6 } as unknown as Frame)).toBe(feed);
  expect(receive(feed, { ...retraction("predictions", 1, 9), channel: "results" })).toBe(feed);
});

test("resumption asks for what follows the last seq", () => {
  expect(resumeFrom(EMPTY)).toBeNull();
  expect(resumeFrom(after(snapshot(5, 0), delta(6, 5)))).toBe(7);
});

/* A line that drops, repeats and cuts; a server that keeps deltas since its last snapshot, as docs/API.md has it. */
describe("on a hostile line", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`a client that keeps to the rules ends on the published state (${seed})`, () => {
      const random = generator(seed);
      const published = told(random, 400);
      let feed = EMPTY;
      let at = 0;
      while (at < published.length) {
        const from = resumeFrom(feed);
        const opening = published.slice(0, at + 1);
        const last = opening.at(-1);
        if (from === null && last !== undefined) feed = receive(feed, snapshot(last.seq, last.frame.prev_seq, { state: last.state }));
        else if (from !== null) for (const each of opening.filter((one) => one.seq >= from)) feed = receive(feed, each.frame);
        const until = at + 1 + Math.floor(random() * 40);
        for (const each of published.slice(at + 1, until)) {
          if (random() < 0.03) continue; // lost
          feed = receive(feed, each.frame);
          if (random() < 0.05) feed = receive(feed, each.frame); // twice
        }
        at = until;
      }
      const last = published.at(-1);
      if (feed.isAwaiting || feed.seq !== last?.seq) {
        // it knows that it has a hole, or was cut before the last: a last connection heals it
        const from = resumeFrom(feed);
        for (const each of published) if (from === null ? each === last : each.seq >= from) feed = receive(feed, from === null && last !== undefined ? snapshot(last.seq, last.frame.prev_seq, { state: last.state }) : each.frame);
      }
      expect(feed.isAwaiting).toBe(false);
      expect(feed.state).toEqual(last?.state);
    });
  }
});

interface Told {
  seq: number;
  frame: ReturnType<typeof delta> | ReturnType<typeof snapshot>;
  state: MatchState;
}

function told(random: () => number, count: number): Told[] {
  const all: Told[] = [];
  let before = state(0);
  for (let seq = 1; seq <= count; seq += 1) {
    const set = { phase: `p${Math.floor(random() * 5)}`, players: { [`p${Math.floor(random() * 10)}`]: { health: Math.floor(random() * 100) } } };
    const now = { ...applied(before, set), seq, last_ts: delta(seq, 0).ts_event };
    const frame = seq % 50 === 1 ? snapshot(seq, seq - 1, { state: now }) : delta(seq, seq - 1, set);
    all.push({ seq, frame, state: now });
    before = now;
  }
  return all;
}

/** Park and Miller's generator: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let value = seed * 7919;
  return () => {
    value = (value * 48271) % 2147483647;
    return value / 2147483647;
  };
}
