/* Lines of the scoreboard, swings, the curve, questions, addresses, metrics. */

import { describe, expect, test } from "vitest";
import type { EventView, RoundView, SwingsView } from "../src/contract";
import { clock, moment as momentOf, percent, points, signed } from "../src/format";
import { shortened } from "../src/replay/painting";
import { clocks } from "../src/match/clocks";
import { curve, joined, thinned } from "../src/match/curve";
import { quantile } from "../src/match/health";
import { hasPlayed, killing, lineOf, type Killing } from "../src/match/kills";
import { moves, sidesByRound } from "../src/match/swings";
import { finality } from "../src/matches/finality";
import { chancesMs } from "../src/matches/pace";
import { matchHash, parsed } from "../src/route";
import { samples, total } from "../src/system/metrics";
import { asked, isEmpty, NOTHING, withBomb, withFigure, withPlayer } from "../src/what_if/question";
import { moment, prediction, state } from "./frames";

function kill(seq: number, killer: string, victim: string): Killing {
  const facts = [
    { fact: "killed", victim_id: victim, killer_id: killer, assister_id: "p3", is_team_kill: false, is_post_round: false },
    { fact: "swing_credited", p_a_before: 0.5, p_a_after: 0.7, credits: {} },
  ];
  const event = { seq, map_id: "map", round_no: 2, ts_event: moment(seq), match_tag: "live", payload: {}, facts } as unknown as EventView;
  const found = killing(event);
  if (found === null) throw new Error("no kill");
  return found;
}

describe("scoreboard", () => {
  const told = { map_id: "map", seq: 100, rounds: 1, stats: { "kills.enemy": 3, deaths: 1, assists: 0, adr: 80 } };

  test("adds the kills since the last round to what was told of it", () => {
    const kills = [kill(90, "p1", "p2"), kill(101, "p1", "p2"), kill(102, "p2", "p1")];
    expect(lineOf("p1", told, kills)).toMatchObject({ kills: 4, deaths: 2, assists: 0, adr: 80 });
    expect(lineOf("p3", undefined, kills)).toMatchObject({ kills: 0, assists: 3, adr: null });
  });

  test("who is told of nowhere on a map has not played it", () => {
    expect(hasPlayed("p1", told, [])).toBe(true);
    expect(["p1", "p2", "p3", "p4"].map((id) => hasPlayed(id, undefined, [kill(90, "p1", "p2")]))).toEqual([true, true, true, false]);
  });

  test("a kill carries its swing", () => {
    expect(kill(1, "p1", "p2").swingA).toBeCloseTo(0.2);
  });

  test("warm-up kills do not count", () => {
    expect(killing({ seq: 1, match_tag: "warmup", payload: {}, facts: [{ fact: "killed" }] } as unknown as EventView)).toBeNull();
  });
});

test("the swings of an event are one move, from who gained to who lost; the clock is none", () => {
  const view = (cause: string, before: number, after: number): SwingsView => ({
    match_id: "m",
    seq: 1,
    map_id: "map",
    round_no: 1,
    ts_event: moment(1),
    swings: [{ cause, p_a_before: before, p_a_after: after, credits: { p2: before - after, p1: after - before } }],
  });
  const [move] = moves([view("kill", 0.4, 0.6), view("clock", 0.6, 0.1), view("kill", 0.6, 0.61)]);
  expect(move).toMatchObject({ cause: "kill", before: 0.4, after: 0.6 });
  expect(move?.credits.map(([id]) => id)).toEqual(["p1", "p2"]);
  expect(moves([view("clock", 0.6, 0.1)])).toEqual([]);
});

test("each swing is told of the sides of its round, the running one's too", () => {
  const ended = (round_no: number, a_side: "ct" | "t" | null): RoundView => ({ round_no, a_side }) as RoundView;
  const sides = sidesByRound([ended(12, "ct"), ended(13, "t"), ended(14, null)], { number: 15, aSide: "t" });
  expect([11, 12, 13, 14, 15].map((round) => sides.get(round))).toEqual([undefined, "ct", "t", null, "t"]);
  expect(sidesByRound([ended(12, "ct")], { number: 12, aSide: "t" }).get(12)).toBe("ct");
  expect(sidesByRound([], null).size).toBe(0);
});

test("the curve joins history and tail, without what was withdrawn", () => {
  const history = [prediction(1), prediction(2, 0.6), prediction(3)];
  const tail = [prediction(3), prediction(4, 0.7, { round_no: 2 }), prediction(5, 0.8, { map_id: "other" })];
  const all = joined(history, tail, { mapId: "map", voids: [{ from: 2, to: 2 }] });
  expect(all.map((each) => each.seq)).toEqual([1, 3, 4]);
  const made = curve(all);
  expect(made.t).toEqual([0, 2, 3]);
  expect(made.rounds).toEqual([{ number: 1, t: 0 }, { number: 2, t: 3 }]);
});

test("clocks run by the events' own time", () => {
  const rules = { max_rounds: 24, overtime_max_rounds: 6, freeze_s: 20, round_s: 115, bomb_s: 40, defuse_s: 10, defuse_kit_s: 5 };
  const map = { map_id: "map", number: 1, name: null, rules, a_side: "ct", score_a: 0, score_b: 0, first_seq: 1, rounds: [], is_over: false } as const;
  const bomb = { status: "none", player_id: null, site: null, planted_at: null, defuse_begun_at: null, defuse_has_kit: false };
  const round = { number: 1, first_seq: 1, started_at: moment(0), live_at: moment(20), ended_at: null, winner_team: null, is_pistol: true, is_overtime: false, equipment_a: null, equipment_b: null, is_partial: false, bomb };
  const at = (seq: number, change: object): ReturnType<typeof clocks> => clocks(state(seq, { map: { ...map, rounds: [] }, round: { ...round, ...change } }));
  expect(at(5, { live_at: null })).toMatchObject({ kind: "freeze", leftS: 15 });
  expect(at(50, {})).toMatchObject({ kind: "round", leftS: 85 });
  const defusing = { ...bomb, status: "defusing", planted_at: moment(40), defuse_begun_at: moment(49), defuse_has_kit: true };
  expect(at(50, { bomb: defusing })).toMatchObject({ kind: "bomb", leftS: 30, defuseLeftS: 4 });
  expect(at(50, { ended_at: moment(49) }).kind).toBeNull();
});

describe("questions", () => {
  const player = { player_id: "p1", is_alive: true, health: 80, armor: 100, has_helmet: true, has_kit: false };
  const now = state(1, { players: { p1: player } as unknown as ReturnType<typeof state>["players"] });

  test("hold only what differs from the state", () => {
    const out = withPlayer(NOTHING, "p1", { is_alive: false }, now);
    expect(asked(out)).toEqual({ players: { p1: { is_alive: false } } });
    expect(isEmpty(withPlayer(out, "p1", { is_alive: true }, now))).toBe(true);
  });

  test("bring the dead back with all their health", () => {
    const dead = { ...now, players: { p1: { ...player, is_alive: false, health: 0 } } } as unknown as typeof now;
    const back = withPlayer(NOTHING, "p1", { is_alive: true }, dead);
    expect(asked(back)).toEqual({ players: { p1: { is_alive: true, health: 100 } } });
    expect(isEmpty(withPlayer(back, "p1", { is_alive: false }, dead))).toBe(true);
  });

  test("take somebody out with no word of the health that he had been given", () => {
    const hurt = withPlayer(NOTHING, "p1", { health: 50 }, now);
    expect(asked(withPlayer(hurt, "p1", { is_alive: false }, now))).toEqual({ players: { p1: { is_alive: false } } });
  });

  test("without a plant have no bomb clock", () => {
    const planted = withBomb(withBomb(NOTHING, { is_planted: true }, now), { left_s: 12 }, now);
    expect(asked(planted)).toEqual({ bomb: { is_planted: true, left_s: 12 } });
    expect(isEmpty(withBomb(planted, { is_planted: false }, now))).toBe(true);
  });

  test("are none where a figure is put back", () => {
    const changed = withFigure(NOTHING, "scoreA", 7, 5);
    expect(asked(changed)).toEqual({ score_a: 7 });
    expect(isEmpty(withFigure(changed, "scoreA", 5, 5))).toBe(true);
  });

  test("leave a running defuse as it is where it is taken back and given again", () => {
    const bomb = { status: "defusing", player_id: "p1", site: "a", planted_at: moment(0), defuse_begun_at: moment(1), defuse_has_kit: false };
    const defusing = { ...now, round: { bomb } as ReturnType<typeof state>["round"] };
    const none = withBomb(NOTHING, { is_being_defused: false }, defusing);
    expect(asked(none)).toEqual({ bomb: { is_being_defused: false } });
    expect(isEmpty(withBomb(none, { is_being_defused: true }, defusing))).toBe(true);
  });
});

test("all cards in view together are asked about once a second at most, and each every five seconds at most", () => {
  expect([0, 1, 5, 8, 20].map(chancesMs)).toEqual([5_000, 5_000, 5_000, 8_000, 20_000]);
});

test("addresses lead there and back", () => {
  const route = parsed(matchHash("league 7/final", "replay", { map: "1", round: "3" }));
  expect(route).toMatchObject({ page: "match", matchId: "league 7/final", tab: "replay" });
  expect(parsed("")).toMatchObject({ page: "matches" });
  expect(parsed("#/?team=as")).toEqual({ page: "matches", query: new URLSearchParams("team=as") });
  expect(parsed("#/match/x/none").page).toBe("lost");
  expect(parsed("#/match/%E0%A4%A").page).toBe("lost");
  expect(parsed("#/system").page).toBe("system");
});

test("numbers are written as people read them", () => {
  expect([percent(0), percent(1), percent(0, 0), percent(0.1234), percent(0.5, 0)]).toEqual(["0", "100", "0", "12.3", "50"]);
  expect([percent(0.9997), percent(0.9997, 0), percent(0.0002), percent(0.0002, 0)]).toEqual(["99.9", "99", "0.1", "1"]);
  expect([points(0.123), points(-0.05), points(-0.0003), points(0)]).toEqual(["+12.3", "−5.0", "0.0", "0.0"]);
  expect([signed(-0.00004, 4), signed(0, 4), signed(-0.00006, 4), signed(0.5, 1)]).toEqual(["0.0000", "0.0000", "−0.0001", "+0.5"]);
  expect([clock(65), clock(9.87, { tenths: true }), clock(-3)]).toEqual(["1:05", "9.9", "0:00"]);
});

test("metrics are read and summed", () => {
  const text = '# HELP x\nx_bucket{le="10.0",stage="a"} 50.0\nx_bucket{le="20.0",stage="a"} 100.0\nx_bucket{le="+Inf",stage="a"} 100.0\ny_total{route="/{id}",status="200"} 3.0\ny_total{route="b",status="500"} 1.0\n';
  const all = samples(text);
  expect(total(all, "x_bucket", { stage: "a", le: "20.0" })).toBe(100);
  expect(total(all, "y_total")).toBe(4);
  expect(all.find((each) => each.name === "y_total")?.labels["route"]).toBe("/{id}");
  expect(quantile([5, 1, 3], 0.5)).toBe(3);
  expect(quantile([], 0.5)).toBeNull();
});

test("a finished match is as settled as the least settled of its maps, and nothing is said where nothing is known", () => {
  const cards = (...told: string[]): { finality: string; breaches: number }[] => told.map((each, at) => ({ finality: each, breaches: at }));
  expect(finality([], 3)).toBe("");
  expect(finality(cards("final"), 1)).toBe("final");
  expect(finality(cards("final", "final"), 3)).toBe("2 of 3 maps settled, 1 breaches of the rules");
  expect(finality(cards("final", "amended", "final"), 3)).toBe("amended, 3 breaches of the rules");
  expect(finality(cards("provisional"), 2)).toBe("provisional");
});

test("of a past round the last chance of each second is drawn, of the running one all", () => {
  const point = (seq: number, ms: number, round: number): ReturnType<typeof prediction> => prediction(seq, 0.5, { round_no: round, ts_event: new Date(Date.UTC(2026, 0, 18) + ms).toISOString() });
  const points = [point(1, 0, 1), point(2, 400, 1), point(3, 900, 1), point(4, 1_000, 1), point(5, 1_100, 2), point(6, 1_200, 2), point(7, 1_300, 2)];
  expect(thinned(points, 2).map((each) => each.seq)).toEqual([3, 4, 5, 6, 7]);
  expect(thinned(points, null).map((each) => each.seq)).toEqual([3, 4, 7]);
  expect(thinned(thinned(points, 2), 3)).toEqual(thinned(points, 3));
});

test("what is no moment is told as it is, and a long name as far as there is room for it", () => {
  expect(momentOf("some day")).toBe("some day");
  expect(momentOf(moment(0))).toBe(new Date(moment(0)).toLocaleString(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }));
  expect([shortened("Sennofy"), shortened("x".repeat(16)), shortened("\u{1f41f}".repeat(17))]).toEqual(["Sennofy", "x".repeat(16), `${"\u{1f41f}".repeat(15)}…`]);
});
