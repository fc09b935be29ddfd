/* The rules for clients of the live feed, one by one, and that together they converge on a hostile line. */

import { describe, expect, test } from "vitest";
import type { Frame, MatchState } from "../src/contract";
import { applied, connected, EMPTY, newestPrediction, receive, resumeFrom, type Feed } from "../src/live/feed";
import { BEGINNING } from "../src/live/connection";
import { placeOf } from "../src/live/use_feed";
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

  test("the first is taken for a word of the source, a later one tells nothing of who moved the match", () => {
    expect(after(snapshot(5, 0)).spokeSeq).toBe(5);
    expect(after(snapshot(5, 0), delta(6, 5, { phase: "planted" }), snapshot(7, 6)).spokeSeq).toBe(6);
    expect(after(snapshot(5, 0), delta(6, 5), snapshot(9, 8)).spokeSeq).toBe(6);
  });

  test("one that follows without a hole leaves history alone, one after a hole does not", () => {
    expect(after(snapshot(5, 0), snapshot(6, 5)).holes).toBe(0);
    expect(after(snapshot(5, 0), snapshot(9, 8)).holes).toBe(1);
  });

  test("one that follows without a hole keeps the newest prediction, after a doubt those told anew, one after a hole none", () => {
    const kept = (...frames: Frame[]): number[] => after(snapshot(5, 0), prediction(5), delta(6, 5), prediction(6), ...frames).predictions.map((each) => each.seq);
    expect(kept(snapshot(7, 6))).toEqual([6]);
    expect(kept(snapshot(7, 6), prediction(7))).toEqual([6, 7]);
    expect(kept(snapshot(7, 6), retraction("predictions", 6, 6))).toEqual([]);
    expect(kept(snapshot(9, 8))).toEqual([]);
    expect(kept(snapshot(6, 5))).toEqual([]);
    expect(kept(retraction("state", 6, 6), snapshot(7, 6))).toEqual([]);
    expect(kept(retraction("state", 6, 6), retraction("predictions", 6, 6), prediction(7), prediction(8), snapshot(7, 6))).toEqual([7, 8]);
    expect(kept(retraction("state", 6, 6), retraction("predictions", 6, 6), prediction(8), snapshot(8, 7))).toEqual([]);
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

});

describe("positions", () => {
  const head = { match_id: "m", ts_event: "2026-01-18T12:00:00.000Z" };
  const whole = { message: "positions", ...head, seq: 6, players: [{ player_id: "p1", x: 1, y: 2, z: 3, yaw_deg: 90 }, { player_id: "p2", x: 7, y: 8, z: 9 }] } as const satisfies Frame;

  test("stay until the next sample", () => {
    expect(after(snapshot(5, 0), whole, delta(7, 6)).positions).toEqual(whole.players);
  });

  test("move by what is added, and change by what is set", () => {
    const feed = after(snapshot(5, 0), whole, { message: "moves", ...head, seq: 8, prev_seq: 6, moves: [[0, -4, 0, 0, 10]], set: { p2: { health: 40, yaw_deg: 5 } } });
    expect(feed.positions).toEqual([{ player_id: "p1", x: -3, y: 2, z: 3, yaw_deg: 100 }, { player_id: "p2", x: 7, y: 8, z: 9, health: 40, yaw_deg: 5 }]);
    expect([feed.seq, feed.sampleSeq, feed.spokeSeq]).toEqual([5, 8, 8]);
    expect(receive(feed, { message: "moves", ...head, seq: 10, prev_seq: 8 }).positions).toEqual(feed.positions);
  });

  test("that moved from a sample which was not heard wait for a whole one", () => {
    const feed = after(snapshot(5, 0), whole, { message: "moves", ...head, seq: 10, prev_seq: 8, moves: [[0, 50]] });
    expect(feed.positions).toEqual(whole.players);
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

test("one that was asked for later than the feed told its last is the newest, unless the feed has told otherwise", () => {
  const feed = after(snapshot(100, 99), prediction(98, 0.6));
  expect(newestPrediction(feed, prediction(100, 1))?.round.p_a).toBe(1);
  expect(newestPrediction(receive(feed, retraction("predictions", 99, 100)), prediction(100, 1))?.seq).toBe(98);
  const missed = after(snapshot(5, 0), prediction(5), prediction(6), snapshot(9, 8), prediction(5));
  expect(newestPrediction(missed, prediction(6))?.seq).toBe(5);
});

test("the place of a feed moves with its state and its predictions, and is not known while it does not tell", () => {
  const feed = after(snapshot(5, 0), prediction(4));
  const place = placeOf({ feed, status: { ...BEGINNING, link: "live" } });
  const beat = { message: "heartbeat", ts: "", is_feed_alive: true } as const;
  const then = (...frames: Frame[]): string | null => placeOf({ feed: frames.reduce(receive, feed), status: { ...BEGINNING, link: "live" } });
  expect(then(beat)).toBe(place);
  expect(then(delta(6, 5))).not.toBe(place);
  expect(then(prediction(5))).not.toBe(place);
  expect(placeOf({ feed, status: { ...BEGINNING, link: "refused" } })).toBeNull();
});

test("predictions come once and in order", () => {
  const feed = after(snapshot(5, 0), prediction(5, 0.4), prediction(5, 0.6), prediction(4));
  expect(feed.predictions.map((each) => [each.seq, each.round.p_a])).toEqual([[5, 0.4]]);
});

test("what the server doubts is suspended until it resumes, or the line is another", () => {
  const silent = after(snapshot(5, 0), { message: "suspend", match_id: "m", reason: "source_silent" });
  expect(silent.doubt).toBe("source_silent");
  expect(receive(silent, { message: "resume", match_id: "m" }).doubt).toBeNull();
  expect(connected(silent, 6).doubt).toBeNull();
});

test("after frames that were dropped no older prediction is kept, also where the snapshot follows", () => {
  const feed = after(snapshot(5, 0), prediction(5), { message: "conflated", match_id: "m", seq: 6 }, snapshot(6, 5), prediction(6));
  expect([feed.isAwaiting, feed.holes, feed.predictions.map((each) => each.seq)]).toEqual([false, 1, [6]]);
});

test("frames that were dropped and the snapshot that stands for them are one hole, the next one is another", () => {
  const dropped = { message: "conflated", match_id: "m", seq: 8 } as const;
  const feed = after(snapshot(5, 0), prediction(5), dropped, snapshot(9, 8));
  expect([feed.isAwaiting, feed.holes]).toEqual([false, 1]);
  expect([receive(feed, snapshot(12, 11)).holes, [dropped, snapshot(12, 11)].reduce(receive, feed).holes]).toEqual([2, 2]);
  const cut = connected(after(snapshot(5, 0), dropped), null);
  expect(receive(cut, snapshot(12, 11)).holes).toBe(2);
});

test("a heartbeat says whether the server can read", () => {
  const beat = { message: "heartbeat", ts: "", is_feed_alive: false } as const;
  expect(after(snapshot(5, 0), beat).isFeedAlive).toBe(false);
  expect(after(snapshot(5, 0), beat, { ...beat, is_feed_alive: true }).isFeedAlive).toBe(true);
});

test("what these rules do not know changes nothing", () => {
  const feed = after(snapshot(5, 0), prediction(5));
  expect(receive(feed, { message: "result", seq: 6 } as unknown as Frame)).toBe(feed);
  expect(receive(feed, { ...retraction("predictions", 1, 9), channel: "results" })).toBe(feed);
});

describe("resumption", () => {
  const lagging = after(snapshot(94, 93), prediction(94), prediction(95), delta(95, 94), snapshot(96, 95), delta(97, 96, { phase: "planted" }));

  test("asks for the first seq that is missing of the state or of the predictions", () => {
    expect(resumeFrom(EMPTY)).toBeNull();
    expect(resumeFrom(after(snapshot(5, 0), prediction(5), delta(6, 5), prediction(6)))).toBe(7);
    expect(resumeFrom(lagging)).toBe(96);
    expect(resumeFrom(after(snapshot(5, 0), prediction(7)))).toBe(6);
  });

  test("asks for a snapshot, and with it the newest prediction, where no prediction is known", () => {
    expect(resumeFrom(after(snapshot(5, 0)))).toBeNull();
    expect(resumeFrom(after(snapshot(5, 0), prediction(5), snapshot(9, 8)))).toBeNull();
  });

  test("what is told again changes nothing, and what was missing is told", () => {
    const resumed = [snapshot(96, 95), delta(97, 96, { phase: "live" }), delta(98, 97), prediction(96, 0.8)].reduce(receive, connected(lagging, 96));
    expect([resumed.seq, resumed.state?.phase, resumed.isAwaiting, resumed.holes]).toEqual([98, "planted", false, 0]);
    expect(resumed.predictions.map((each) => each.seq)).toEqual([95, 96]);
  });

  test("a snapshot of the last seq told again is no hole, one that was not asked for is", () => {
    const feed = after(snapshot(5, 4), prediction(4), snapshot(6, 5));
    expect(resumeFrom(feed)).toBe(5);
    const again = receive(receive(connected(feed, 5), snapshot(5, 4)), snapshot(6, 5));
    expect([again.holes, again.predictions.map((each) => each.seq)]).toEqual([0, [4]]);
    expect(receive(again, snapshot(6, 5)).holes).toBe(1);
  });

  test("a retraction told again is the same one, and what it withdrew stays so", () => {
    const feed = after(snapshot(95, 94), prediction(95), prediction(96), prediction(97), retraction("predictions", 96, 97));
    const again = [prediction(96), prediction(97), retraction("predictions", 96, 97)].reduce(receive, connected(feed, 96));
    expect([again.predictions.map((each) => each.seq), again.voids.length]).toEqual([[95], 1]);
  });

  test("a server that has less begins the match anew, whatever it told before its first snapshot", () => {
    const beat = { message: "heartbeat", ts: "", is_feed_alive: true } as const;
    const anew = [beat, prediction(5, 0.3), snapshot(5, 4), prediction(5, 0.3), delta(6, 5)].reduce(receive, connected(lagging, 96));
    expect([anew.seq, anew.isAwaiting, anew.holes, anew.predictions.map((each) => each.seq)]).toEqual([6, false, 1, [5]]);
  });

  test("only the first frame of the state can begin it anew", () => {
    const feed = [delta(98, 97), snapshot(5, 4)].reduce(receive, connected(lagging, 96));
    expect(feed.seq).toBe(98);
  });
});

/* A line that drops, repeats and cuts; a server that keeps what it told, as docs/API.md has it, its predictions some way
behind the state. */
describe("on a hostile line", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`a client that keeps to the rules ends on what is published (${seed})`, () => {
      const random = generator(seed);
      const published = told(random, 400);
      let feed = EMPTY;
      let at = 0;
      while (at < published.length) {
        const behind = Math.floor(random() * 4);
        feed = opening(feed, published.slice(0, at + 1), behind);
        const until = at + 1 + Math.floor(random() * 40);
        for (let next = at + 1; next < Math.min(until, published.length); next += 1) {
          const each = published[next] as Told;
          if (random() >= 0.03) feed = receive(feed, each.frame); // else lost
          if (random() < 0.05) feed = receive(feed, each.frame); // twice
          const seq = published[next - behind]?.seq;
          if (seq !== undefined) feed = receive(feed, prediction(seq));
        }
        at = until;
      }
      feed = opening(feed, published, 0);
      const last = published.at(-1);
      expect(feed.isAwaiting).toBe(false);
      expect(feed.state).toEqual(last?.state);
      expect(newestPrediction(feed, null)?.seq).toBe(last?.seq);
    });
  }
});

/** The feed after the first frames of a connection to a server that has published all this. */
function opening(feed: Feed, published: readonly Told[], behind: number): Feed {
  const from = resumeFrom(feed);
  const last = published.at(-1) as Told;
  const predicted = published.slice(0, published.length - behind).map((each) => prediction(each.seq));
  const frames: Frame[] =
    from === null
      ? [snapshot(last.seq, last.frame.prev_seq, { state: last.state }), ...predicted.slice(-1)]
      : [...published.map((each) => each.frame), ...predicted].filter((each) => each.seq >= from);
  return frames.reduce(receive, connected(feed, from));
}

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
