/* When the feed connects, from where it resumes, and that silence is a cut. */

import { expect, test } from "vitest";
import type { Frame, MatchState } from "../src/contract";
import { CHANNELS, CLOSE_FORBIDDEN, CLOSE_TOO_MANY, Connection, liveUrl, RETRY_FIRST_MS, RETRY_LAST_MS, RETRY_REFUSED_MS, SILENCE_MS, WITH_EVENTS, type Socket, type Status } from "../src/live/connection";
import type { Feed } from "../src/live/feed";
import { lastMinute, latencyMs, type Sample } from "../src/match/health";
import { delta, event, moment, prediction, snapshot, state } from "./frames";

class Wire implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  isClosed = false;
  asked: unknown = null;

  constructor(readonly url: string) {}

  close(): void {
    this.isClosed = true;
  }

  send(text: string): void {
    this.asked = JSON.parse(text);
  }

  /** What the server sends. */
  tell(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** From which seq it resumes once it is open; undefined: from a snapshot. */
  get fromSeq(): number | undefined {
    this.onopen?.();
    const { op, match_id, from_seq } = this.asked as { op: string; match_id: string; from_seq?: number };
    expect([this.url, op, match_id]).toEqual(["ws://api/live", "subscribe", "m"]);
    return from_seq;
  }
}

const BEAT = { message: "heartbeat", ts: "", is_feed_alive: true } as const;
const SUBSCRIBED = { message: "subscribed", match_id: "m", seq: 5 } as const;

/** Sockets and a clock in the hands of the test. */
class World {
  wires: Wire[] = [];
  nowMs = 0;
  feed: Feed | null = null;
  status: Status | null = null;
  chance = 1;
  private timers: { atMs: number; act: () => void }[] = [];

  connect(): Connection {
    const around = {
      open: (url: string) => {
        const wire = new Wire(url);
        this.wires.push(wire);
        return wire;
      },
      nowMs: () => this.nowMs,
      chance: () => this.chance,
      later: (act: () => void, ms: number) => {
        const timer = { atMs: this.nowMs + ms, act };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((each) => each !== timer);
        };
      },
    };
    return new Connection("ws://api/live", "m", around, (feed, status) => {
      this.feed = feed;
      this.status = status;
    });
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.atMs <= untilMs).sort((one, other) => one.atMs - other.atMs)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = due.atMs;
      due.act();
    }
    this.nowMs = untilMs;
  }

  get last(): Wire {
    const wire = this.wires.at(-1);
    if (wire === undefined) throw new Error("nothing was opened");
    return wire;
  }
}

test("opens without a seq, and resumes after the last after a cut", () => {
  const world = new World();
  world.connect();
  expect(world.last.fromSeq).toBeUndefined();
  world.last.tell(snapshot(5, 0));
  world.last.tell(prediction(5));
  world.last.tell(delta(6, 5));
  world.last.tell(prediction(6));
  world.last.onclose?.({ code: 1012 });
  expect([world.status?.link, world.status?.cuts]).toEqual(["resuming", 0]);
  world.pass(RETRY_FIRST_MS);
  expect(world.last.fromSeq).toBe(7);
  world.last.onclose?.({ code: 1006 });
  world.pass(RETRY_LAST_MS);
  expect(world.status?.cuts).toBe(0);
  world.last.tell(delta(7, 6));
  expect([world.status?.link, world.status?.cuts, world.feed?.seq]).toEqual(["live", 1, 7]);
  world.last.tell(delta(8, 7));
  expect(world.status?.cuts).toBe(1);
});

test("begins anew where the server has less of the match than before", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(500, 0));
  world.last.onclose?.({ code: 1006 });
  world.pass(RETRY_FIRST_MS);
  world.last.tell(snapshot(5, 0));
  world.last.tell(delta(6, 5));
  expect([world.feed?.seq, world.feed?.isAwaiting, world.feed?.holes]).toEqual([6, false, 1]);
  world.last.tell(snapshot(3, 0));
  expect(world.feed?.seq).toBe(6);
});

test("a prediction that was not heard before the cut is asked for", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(99, 98));
  world.last.tell(prediction(98, 0.6));
  world.last.tell(delta(100, 99));
  world.last.onclose?.({ code: 1006 });
  world.pass(RETRY_FIRST_MS);
  expect(world.last.fromSeq).toBe(99);
  world.last.tell(snapshot(99, 98));
  world.last.tell(delta(100, 99));
  world.last.tell(prediction(99, 0.9));
  world.last.tell(prediction(100, 1));
  expect([world.feed?.seq, world.feed?.holes, world.feed?.predictions.at(-1)?.round.p_a]).toEqual([100, 0, 1]);
});

test("asks for a snapshot where it has a hole", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(5, 0));
  world.last.tell(prediction(5));
  world.last.tell(delta(9, 8));
  world.last.onclose?.({ code: 1006 });
  world.pass(RETRY_FIRST_MS);
  expect(world.last.fromSeq).toBeUndefined();
});

test("asks for a snapshot where the server refused the seq", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(5, 0));
  world.last.tell(prediction(5));
  world.last.tell({ message: "refused", field: "$.from_seq", reason: "is no seq" });
  world.pass(RETRY_FIRST_MS);
  expect(world.last.fromSeq).toBeUndefined();
});

test("silence for three heartbeats is a cut", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(5, 0));
  world.last.tell(prediction(5));
  const first = world.last;
  world.pass(SILENCE_MS - 1);
  world.last.tell(BEAT);
  world.pass(SILENCE_MS - 1);
  expect(first.isClosed).toBe(false);
  world.pass(1);
  expect([first.isClosed, world.status?.link]).toEqual([true, "resuming"]);
  world.pass(RETRY_FIRST_MS);
  expect(world.last.fromSeq).toBe(6);
});

test("waits longer each time, up to a bound, and not at all after a frame", () => {
  const world = new World();
  world.connect();
  for (let cut = 0; cut < 8; cut += 1) {
    world.last.onclose?.({ code: 1006 });
    world.pass(RETRY_LAST_MS);
  }
  expect(world.wires.length).toBe(9);
  world.last.tell(snapshot(5, 0));
  world.last.onclose?.({ code: 1006 });
  world.pass(RETRY_FIRST_MS);
  expect(world.wires.length).toBe(10);
});

test("a match that the server does not know is unknown until it is followed", () => {
  const world = new World();
  world.connect();
  world.last.tell(BEAT);
  expect(world.status).toBeNull();
  world.last.tell({ message: "refused", field: "$.match_id", reason: "no such match is known yet" });
  expect([world.status?.link, world.last.isClosed]).toEqual(["unknown", true]);
  world.pass(RETRY_LAST_MS);
  world.last.tell(BEAT);
  expect([world.wires.length, world.status?.link]).toEqual([2, "unknown"]);
  world.last.tell(SUBSCRIBED);
  expect(world.status?.link).toBe("live");
});

test("a store that is away is a cut", () => {
  const world = new World();
  world.connect();
  world.last.tell({ message: "refused", field: "store", reason: "away" });
  expect(world.status?.link).toBe("resuming");
  world.pass(RETRY_FIRST_MS);
  expect(world.wires.length).toBe(2);
});

test("our own clock does not make a silent source speak", () => {
  const live = { ...state(5), round: { live_at: moment(5) } as MatchState["round"] };
  const world = new World();
  world.connect();
  world.last.tell(SUBSCRIBED);
  world.last.tell(snapshot(5, 0, { state: live }));
  expect(world.status?.spokeMs).toBeNull();
  world.pass(1_000);
  world.last.tell(delta(6, 5));
  world.last.tell({ message: "positions", match_id: "m", seq: 6, ts_event: moment(6), players: [{ player_id: "p", x: 0, y: 0, z: 0 }] });
  expect(world.status?.spokeMs).toBe(1_000);
  for (const seq of [7, 8, 9]) {
    world.pass(1_000);
    world.last.tell(delta(seq, seq - 1));
  }
  expect([world.status?.heardMs, world.status?.movedMs, world.status?.spokeMs]).toEqual([4_000, 4_000, 1_000]);
  world.pass(1_000);
  world.last.tell({ ...delta(10, 9), ts_event: moment(9.5) });
  expect(world.status?.spokeMs).toBe(5_000);
});

test("a feed that the key may not have is refused for good, with what was said of it", () => {
  const world = new World();
  world.connect();
  world.last.onclose?.({ code: CLOSE_FORBIDDEN, reason: "the key lacks the scope 'live'" });
  expect([world.status?.link, world.status?.refusal]).toEqual(["refused", { reason: "the key lacks the scope 'live'", isFinal: true }]);
  world.pass(600_000);
  expect(world.wires.length).toBe(1);
});

test("a feed that is one too many is asked for again after a longer wait", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(5, 0));
  world.last.onclose?.({ code: CLOSE_TOO_MANY, reason: "too many" });
  expect([world.status?.link, world.status?.refusal]).toEqual(["refused", { reason: "too many", isFinal: false }]);
  world.pass(RETRY_LAST_MS);
  expect(world.wires.length).toBe(1);
  world.pass(RETRY_REFUSED_MS);
  expect(world.wires.length).toBe(2);
  world.last.tell(delta(6, 5));
  expect([world.status?.link, world.status?.refusal]).toEqual(["live", null]);
});

function latency(world: World): number | null {
  return world.feed === null || world.status === null ? null : latencyMs({ feed: world.feed, status: world.status });
}

function moved(seq: number, receivedMs: number): Frame {
  return { ...delta(seq, seq - 1), received_at: new Date(receivedMs).toISOString() };
}

test("a heartbeat does not make what is shown older", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(4, 0));
  world.pass(1_000);
  world.last.tell(moved(5, 600));
  expect(latency(world)).toBe(400);
  world.pass(10_000);
  world.last.tell(BEAT);
  expect([latency(world), world.status?.heardMs]).toEqual([400, 11_000]);
  world.pass(1_000);
  world.last.tell(moved(6, 11_950));
  expect(latency(world)).toBe(50);
});

test("what was missed while the line was cut tells nothing of how long the way is", () => {
  const world = new World();
  world.connect();
  world.last.tell(snapshot(4, 0));
  world.last.tell(prediction(4));
  world.pass(1_000);
  world.last.tell(moved(5, 960));
  world.last.onclose?.({ code: 1006 });
  world.pass(10_000);
  world.last.tell(prediction(5));
  expect(latency(world)).toBeNull();
  world.last.tell(moved(6, 2_000));
  world.last.tell(moved(7, 9_000));
  expect([world.feed?.seq, latency(world)]).toEqual([7, null]);
  world.pass(1_000);
  world.last.tell(moved(8, 11_970));
  expect(latency(world)).toBe(30);
});

test("the last minute has what came in it, and no more", () => {
  const seen = [10, 20, 30].reduce<readonly Sample[]>((before, ms, at) => lastMinute([...before, { atMs: at * 50_000, ms }], at * 50_000), []);
  expect(seen.map((each) => each.ms)).toEqual([20, 30]);
  expect(lastMinute(seen, 110_001).map((each) => each.ms)).toEqual([30]);
  expect(lastMinute(seen, 200_000)).toEqual([]);
});

test("pages that were cut at once come back one after the other", () => {
  const world = new World();
  world.connect();
  world.chance = 0.5;
  world.last.onclose?.({ code: 1006 });
  world.pass(RETRY_FIRST_MS * 0.75 - 1);
  expect(world.wires.length).toBe(1);
  world.pass(1);
  expect(world.wires.length).toBe(2);
  world.chance = 0;
  world.last.tell({ message: "refused", field: "$.match_id", reason: "no such match is known yet" });
  world.pass(RETRY_LAST_MS / 2 - 1);
  expect(world.wires.length).toBe(2);
  world.pass(1);
  expect(world.wires.length).toBe(3);
});

test("what was closed by the page stays closed", () => {
  const world = new World();
  const connection = world.connect();
  world.last.tell(snapshot(5, 0));
  connection.close();
  world.pass(60_000);
  expect([world.wires.length, world.last.isClosed]).toEqual([1, true]);
});

test("the feed is that of the server that served the page", () => {
  expect(liveUrl({ protocol: "https:", host: "x:1" })).toBe("wss://x:1/api/v1/live");
});

test("what a page follows besides is asked for on the same connection, from the first event that is missing", () => {
  const world = new World();
  const connection = world.connect();
  const [wire] = world.wires;
  wire?.onopen?.();
  wire?.tell(snapshot(5, 0));
  wire?.tell(prediction(5));
  connection.follow(WITH_EVENTS);
  expect(wire?.asked).toEqual({ op: "subscribe", match_id: "m", channels: WITH_EVENTS, from_seq: 6 });
  wire?.tell(event(6, 5));
  wire?.tell(delta(6, 5));
  wire?.tell(prediction(6));
  wire?.tell(event(7, 6));
  wire?.tell(delta(7, 6));
  wire?.tell(prediction(7));
  expect(world.feed?.run?.events.map((each) => each.seq)).toEqual([6, 7]);
  connection.cut();
  world.pass(RETRY_FIRST_MS);
  const second = world.wires[1];
  expect(second?.fromSeq).toBe(8);
  expect(second?.asked).toMatchObject({ channels: WITH_EVENTS });
  second?.tell(event(8, 7));
  expect(world.feed?.run?.events.map((each) => each.seq)).toEqual([6, 7, 8]);
  connection.follow(CHANNELS);
  expect([second?.asked, world.feed?.run]).toEqual([{ op: "subscribe", match_id: "m", channels: CHANNELS, from_seq: 8 }, null]);
});

test("events behind which the feed was cut are asked for again", () => {
  const world = new World();
  world.connect().follow(WITH_EVENTS);
  const [wire] = world.wires;
  wire?.onopen?.();
  for (const frame of [snapshot(5, 0), prediction(5), event(6, 5), delta(6, 5), prediction(6), delta(7, 6), prediction(7)]) wire?.tell(frame);
  wire?.onclose?.({ code: 1006 });
  world.pass(RETRY_FIRST_MS);
  expect(world.wires[1]?.fromSeq).toBe(7);
});
