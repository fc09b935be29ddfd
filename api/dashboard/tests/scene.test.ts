/* Events of a round to what is seen at a moment. */

import { expect, test } from "vitest";
import type { EventView, MapState, MatchState, Round } from "../src/contract";
import type { PlayedMap } from "../src/match/maps";
import { acted } from "../src/replay/acts";
import { advanced, BEHIND_MS, soughtMark } from "../src/replay/playback";
import { roundClock } from "../src/replay/round_clock";
import { playableRounds } from "../src/replay/rounds";
import { sceneAt } from "../src/replay/scene";
import { AFTERMATH_MS, extend, extended, newTimeline, type Timeline } from "../src/replay/timeline";
import { moment, state } from "./frames";

const TIMERS = { bombS: 40, defuseS: 10, defuseKitS: 5 };

function event(seq: number, type: string, payload: Record<string, unknown>, facts: Record<string, unknown>[] = []): EventView {
  return { match_id: "m", seq, event_id: `e${seq}`, map_id: "map", round_no: 1, ts_event: moment(seq), type, source: "test", is_post_round: false, match_tag: "live", payload, facts, corrects: null };
}

function ms(seq: number): number {
  return Date.parse(moment(seq));
}

function positions(seq: number, x: number, change: Record<string, unknown> = {}): EventView {
  return event(seq, "position_sample", { players: [{ player_id: "p1", x, y: 0, z: 0, yaw_deg: 0, is_alive: true, health: 100, armor: 50, weapon: "ak47", has_bomb: true, ...change }] });
}

const KILLED = { fact: "killed", victim_id: "p1", victim_team: "A", victim_side: "t", killer_id: "p2", killer_team: "B", killer_side: "ct", weapon: "m4a1", is_headshot: true, is_team_kill: false, is_post_round: false, round_time_s: 9 };

function round(): Timeline {
  const place = { x: 5, y: 6, z: 7 };
  const timeline = newTimeline();
  extend(timeline, [
    event(1, "round_started", {}),
    event(2, "economy", { players: [{ player_id: "p1", has_helmet: true, has_kit: true, armor: 100 }] }),
    event(3, "freeze_ended", {}, [{ fact: "round_went_live" }]),
    positions(4, 0),
    positions(6, 200),
    event(7, "grenade_thrown", { grenade: "smoke", grenade_id: "g1", player_id: "p1", position: { x: 0, y: 0, z: 0 } }),
    event(9, "grenade_detonated", { grenade: "smoke", grenade_id: "g1", position: place }),
    event(10, "damage", { victim_player_id: "p1", health_damage: 40, health_after: 60, armor_after: 20 }),
    event(11, "blind", { victim_player_id: "p1", duration_s: 2 }),
    event(12, "bomb_planted", { player_id: "p1", position: place }, [{ fact: "bomb_changed", status: "planted", player_id: "p1", site: "a", has_kit: null }]),
    event(14, "kill", { is_through_smoke: true }, [KILLED]),
    event(15, "bomb_defuse_begun", { player_id: "p2" }, [{ fact: "bomb_changed", status: "defusing", player_id: "p2", site: "a", has_kit: true }]),
    event(20, "grenade_expired", { grenade: "smoke", grenade_id: "g1" }),
    event(21, "round_ended", {}, [{ fact: "round_decided", winner_team: "B", reason: "bomb_defused" }]),
  ]);
  return timeline;
}

test("players walk, wear what they bought, and lose what they were hit for", () => {
  const timeline = round();
  const [walking] = sceneAt(timeline, ms(5), TIMERS).figures;
  expect(walking).toMatchObject({ x: 100, isAlive: true, health: 100, hasHelmet: true, hasKit: true, hasBomb: true, weapon: "ak47" });
  const [hit] = sceneAt(timeline, ms(10), TIMERS).figures;
  expect(hit).toMatchObject({ health: 60, armor: 20, pain: 1 });
});

test("a flash wears off", () => {
  const blindness = (at: number): number | undefined => sceneAt(round(), at, TIMERS).figures[0]?.blindness;
  expect([blindness(ms(11)), blindness(ms(12)), blindness(ms(13))]).toEqual([1, 0.5, 0]);
});

test("the dead lie where they died", () => {
  const [dead] = sceneAt(round(), ms(18), TIMERS).figures;
  expect(dead).toMatchObject({ isAlive: false, health: 0, hasBomb: false, diedMs: ms(14) });
});

test("a grenade flies, lasts, and is gone", () => {
  const timeline = round();
  const at = (seq: number): number[] => {
    const scene = sceneAt(timeline, ms(seq), TIMERS);
    return [scene.flights.length, scene.clouds.length];
  };
  expect([at(6), at(8), at(9), at(19), at(20)]).toEqual([[0, 0], [1, 0], [0, 1], [0, 1], [0, 0]]);
});

test("the bomb ticks where it was planted, and a kit shortens the defuse", () => {
  const { bomb } = sceneAt(round(), ms(17), TIMERS);
  expect(bomb).toMatchObject({ status: "defusing", site: "a", place: { x: 5 }, leftS: 35, defuseLeftS: 3 });
});

test("moments can be sought, either way", () => {
  const { marks } = round();
  expect(marks.map((mark) => mark.kind)).toEqual(["live", "bomb", "kill", "bomb", "end"]);
  expect(soughtMark(marks, ms(12), 1)?.kind).toBe("kill");
  expect(soughtMark(marks, ms(14), -1)?.ms).toBe(ms(12));
  expect(soughtMark(marks, ms(21), 1)).toBeNull();
});

test("a decided round ends soon after, whatever follows it in the log", () => {
  const timeline = round();
  extend(timeline, [positions(24, 999), positions(900, 999)]);
  expect(timeline.endMs).toBe(ms(21) + AFTERMATH_MS);
});

function began(seq: number, roundNo: number, change: Partial<EventView> = {}): EventView {
  return { ...event(seq, "round_started", {}, [{ fact: "round_began", round_no: roundNo, a_side: "ct", score_a: 0, score_b: 0 }]), map_id: "one", ...change };
}

function playedMap(mapId: string, number: number, span: PlayedMap["span"]): PlayedMap {
  return { mapId, number, name: null, scoreA: 0, scoreB: 0, isRunning: span.beforeSeq === null, span };
}

const ONE = [playedMap("one", 1, { fromSeq: 1, beforeSeq: null })];

/** A state of map `one` with its rounds by number and first seq; team A won all but the one that runs. */
function stateOf(decided: [number, number][], running: [number, number] | null): MatchState {
  const rounds = decided.map(([number, first_seq]) => ({ number, first_seq, winner_team: "A", a_side: "t", score_a: number, score_b: 0 }));
  const map = { map_id: "one", number: 1, name: null, a_side: "t", score_a: decided.length, score_b: 0, is_over: false, rounds } as unknown as MapState;
  const round = running === null ? null : ({ number: running[0], first_seq: running[1], ended_at: null } as Round);
  return state(999, { map, round });
}

test("the last round of a map ends where the next map begins, also before that has a round", () => {
  const maps = [playedMap("one", 1, { fromSeq: 1, beforeSeq: 500 }), playedMap("two", 2, { fromSeq: 500, beforeSeq: null })];
  const ends = (starts: EventView[]): (number | null)[] => playableRounds(starts, maps, state(600)).map((each) => each.beforeSeq);
  expect(ends([began(2, 1), began(90, 2)])).toEqual([90, 500]);
  expect(ends([began(2, 1), began(90, 2), began(520, 1, { map_id: "two" })])).toEqual([90, 500, null]);
});

test("a round plays from whatever event began it, and ends the one before", () => {
  const lies = (starts: EventView[], now: MatchState): unknown[] => playableRounds(starts, ONE, now).map((each) => [each.number, each.fromSeq, each.beforeSeq]);
  expect(lies([began(90, 2, { type: "phase_changed" }), began(2, 1)], state(600))).toEqual([[1, 2, 90], [2, 90, null]]);
  expect(lies([began(2, 1), event(50, "phase_changed", {})], state(600))).toEqual([[1, 2, null]]);
  expect(lies([began(2, 1), began(300, 4)], stateOf([[1, 2], [2, 90], [3, 200]], [4, 300]))).toEqual([[1, 2, 90], [2, 90, 200], [3, 200, 300], [4, 300, null]]);
});

test("a round that the state alone tells has its side and the score that it began at", () => {
  const [, second, third] = playableRounds([began(2, 1)], ONE, stateOf([[1, 2], [2, 90]], [3, 200]));
  expect(second).toMatchObject({ aSide: "t", scoreA: 1, scoreB: 0 });
  expect(third).toMatchObject({ aSide: "t", scoreA: 2, scoreB: 0 });
});

test("a round that is begun again takes back what followed it", () => {
  const numbers = (starts: EventView[]): unknown[] => playableRounds(starts, ONE, state(600)).map((each) => [each.number, each.fromSeq]);
  expect(numbers([began(2, 1), began(90, 2), began(200, 3), began(300, 2)])).toEqual([[1, 2], [2, 300]]);
});

test("a round goes live by what follows from an event, whatever its type, and where its middle is seen first", () => {
  const live = (...events: EventView[]): number | null => extended(newTimeline(), events).liveMs;
  expect(live(event(1, "round_started", {}), event(5, "phase_changed", {}, [{ fact: "round_went_live" }]))).toBe(ms(5));
  expect(live(event(5, "freeze_ended", {}, [{ fact: "round_went_live" }]), event(9, "freeze_ended", {}))).toBe(ms(5));
  expect(live(began(3, 7, { type: "kill" }))).toBe(ms(3));
  expect(live(began(3, 7), began(4, 7, { type: "phase_changed" }))).toBeNull();
});

test("events that were seen are not added twice", () => {
  const timeline = round();
  extend(timeline, [positions(6, 999)]);
  expect(timeline.tracks.get("p1")?.length).toBe(2);
});

test("a timeline grows by what follows, and is made anew where something came in between", () => {
  const early = [event(1, "round_started", {}), positions(2, 0)];
  const late = [positions(4, 10), positions(5, 20)];
  const half = extended(newTimeline(), late);
  expect(extended(half, [...late, positions(6, 30)])).toBe(half);
  const whole = extended(half, [...early, ...late, positions(6, 30)]);
  expect([whole.startMs, whole.tracks.get("p1")?.map((sample) => sample.ms)]).toEqual([ms(1), [2, 4, 5, 6].map(ms)]);
});

test("a round plays at its speed up to its end, and a live one comes near the newest event", () => {
  const span = { startMs: 0, endMs: 10_000 };
  const head = { ms: 0, isPlaying: true, speed: 2, isLive: false };
  expect(advanced(head, span, 1000).ms).toBe(2000);
  expect(advanced({ ...head, isPlaying: false }, span, 1000).ms).toBe(0);
  expect(advanced({ ...head, ms: 9_900 }, span, 1000).ms).toBe(10_000);
  let live = { ...head, isLive: true };
  for (let frame = 0; frame < 600; frame += 1) live = advanced(live, { startMs: 0, endMs: 10_000 + frame * 16 }, 16);
  const behind = 10_000 + 600 * 16 - live.ms;
  expect(Math.abs(behind - BEHIND_MS)).toBeLessThan(200);
});

test("acts move the playhead, and leave live play where they seek or pause", () => {
  const timeline = round();
  const head = { ms: ms(4), isPlaying: true, speed: 1, isLive: true };
  expect(acted(head, { kind: "next-mark" }, timeline)).toMatchObject({ ms: ms(12) - 500, isLive: false });
  expect(acted({ ...head, ms: ms(12) - 500 }, { kind: "next-mark" }, timeline).ms).toBe(ms(14) - 500);
  expect(acted(head, { kind: "step", ms: 1e9 }, timeline).ms).toBe(timeline.endMs);
  expect(acted(head, { kind: "faster" }, timeline).speed).toBe(2);
  expect(acted({ ...head, speed: 0.5 }, { kind: "slower" }, timeline).speed).toBe(0.5);
  expect(acted({ ...head, isLive: false, isPlaying: false, ms: timeline.endMs }, { kind: "toggle" }, timeline)).toMatchObject({ ms: timeline.startMs, isPlaying: true });
  expect(acted(head, { kind: "toggle" }, timeline)).toMatchObject({ isPlaying: false, isLive: false, ms: head.ms });
});

test("health that no sample tells is that of the last hit, and else not known; nobody is dead for that", () => {
  const untold = { health: undefined };
  const timeline = extended(newTimeline(), [positions(1, 0, untold), event(3, "damage", { victim_player_id: "p1", health_after: 30 }), positions(5, 0, untold), positions(7, 0)]);
  const health = (seq: number): unknown => sceneAt(timeline, ms(seq), TIMERS).figures.map((figure) => [figure.isAlive, figure.health])[0];
  expect([1, 3, 5, 7].map(health)).toEqual([[true, null], [true, 30], [true, 30], [true, 100]]);
});

test("grenades without an id are kept apart, and burst and end in the order of their throws", () => {
  const nade = (seq: number, type: string, x: number, player_id = "p1"): EventView => event(seq, `grenade_${type}`, { grenade: "smoke", player_id, position: { x, y: 0, z: 0 } });
  const timeline = extended(newTimeline(), [
    nade(1, "thrown", 1),
    nade(2, "thrown", 2),
    nade(3, "thrown", 3, "p2"),
    nade(4, "detonated", 10),
    nade(5, "detonated", 20),
    nade(6, "expired", 10),
    nade(7, "detonated", 70),
  ]);
  const told = [...timeline.throws.values()].map((each) => [each.playerId, each.from?.x, each.burstAt?.x, each.burstMs, each.endMs]);
  expect(told).toEqual([
    ["p1", 1, 10, ms(4), ms(6)],
    ["p1", 2, 20, ms(5), null],
    ["p2", 3, undefined, null, null],
    ["p1", undefined, 70, ms(7), null],
  ]);
});

test("who plays on after his death lives, with all his health, and may die once more", () => {
  const spawned = event(16, "player_spawned", { player_id: "p1" }, [{ fact: "spawned", player_id: "p1" }]);
  const timeline = extended(newTimeline(), [positions(4, 0), event(10, "kill", {}, [KILLED]), positions(12, 0, { is_alive: false, health: 0 }), spawned, positions(18, 50, { health: undefined }), event(20, "kill", {}, [KILLED])]);
  const lives = (seq: number): unknown => sceneAt(timeline, ms(seq), TIMERS).figures.map(({ isAlive, health, x, pain }) => [isAlive, health, x, pain])[0];
  expect([15, 16, 18].map(lives)).toEqual([[false, 0, 0, 0], [true, 100, 0, 0], [true, 100, 50, 0]]);
  expect(lives(20)).toEqual([false, 0, 50, 1]);
});

test("who leaves is gone until he is seen again, and the dead lie where they fell", () => {
  const timeline = newTimeline();
  extend(timeline, [event(1, "round_started", {}), positions(2, 0), positions(3, 100), event(4, "player_disconnected", { player_id: "p1" }), event(6, "player_connected", { player_id: "p1" }), positions(8, 500)]);
  const seen = (at: number): (number | undefined)[] => sceneAt(timeline, ms(at), TIMERS).figures.map((figure) => figure.x);
  expect([seen(3), seen(4), seen(7), seen(8)]).toEqual([[100], [], [], [500]]);
  const dead = newTimeline();
  extend(dead, [event(1, "round_started", {}), positions(2, 0), event(3, "kill", {}, [KILLED]), event(4, "player_disconnected", { player_id: "p1" })]);
  expect(sceneAt(dead, ms(5), TIMERS).figures.map((figure) => figure.isAlive)).toEqual([false]);
});

test("the clock tells of the bomb to the end, and of a defuse what is left of it", () => {
  const timeline = round();
  extend(timeline, [event(22, "bomb_defused", { player_id: "p2" }, [{ fact: "bomb_changed", status: "defused", player_id: "p2", site: "a", has_kit: null }])]);
  const told = (at: number): unknown[] => {
    const { kind, text, defuseLeftS } = roundClock(sceneAt(timeline, ms(at), TIMERS), timeline, 115);
    return [kind, text, defuseLeftS];
  };
  expect(told(2)).toEqual(["freeze", "Freeze", null]);
  expect(told(8)).toEqual(["round", "1:50", null]);
  expect(told(13)).toEqual(["bomb", "0:39", null]);
  expect(told(17)).toEqual(["bomb", "0:35", 3]);
  expect(told(23)).toEqual(["defused", "Defused", null]);
  const other = round();
  extend(other, [event(22, "bomb_exploded", {}, [{ fact: "bomb_changed", status: "exploded", player_id: null, site: "a", has_kit: null }])]);
  expect(roundClock(sceneAt(other, ms(23), TIMERS), other, 115)).toMatchObject({ kind: "bomb", text: "Exploded" });
});
