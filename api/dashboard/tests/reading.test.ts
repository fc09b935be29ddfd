/* When a log is read, from where again, and how often. */

import { afterEach, expect, test, vi } from "vitest";
import { CLOSED_MS, read, renewed, UNREAD, type Reading, type Source } from "../src/reading";
import { ProblemError, RETRY_MS } from "../src/rest";
import { refusal, Rest } from "./rest_interface";

interface Item {
  seq: number;
}

const EVERY_MS = 1_000;
let last: Reading<Item> | null = null;

function begin(change: Partial<Source> = {}): () => void {
  last = null;
  const source = { path: "/kills", fromSeq: 1, beforeSeq: () => null, isClosed: () => false, at: () => null, everyMs: EVERY_MS, ...change };
  return read<Item>(source, (reading) => { last = reading; });
}

function page(seqs: number[], change: { next_from_seq?: number; is_complete?: boolean } = {}): { body: unknown } {
  return { body: { items: seqs.map((seq) => ({ seq })), next_from_seq: null, ...change } };
}

function seqs(): number[] | undefined {
  return last?.items.map((item) => item.seq);
}

afterEach(() => { Rest.end(); });

test("reads page by page, then what is new", async () => {
  const rest = new Rest((path) => (path.includes("from_seq=1&") ? page([1, 2], { next_from_seq: 5 }) : path.includes("from_seq=5&") ? page([5]) : page([6])));
  begin();
  await rest.pass(0);
  expect([seqs(), last?.isLoaded, last?.isComplete]).toEqual([[1, 2, 5], true, true]);
  await rest.pass(EVERY_MS);
  expect([seqs(), rest.asked.at(-1)]).toEqual([[1, 2, 5, 6], "/kills?from_seq=6&limit=1000"]);
});

test("what was told with something missing is asked for again from the beginning, until nothing is", async () => {
  let isAway = true;
  const rest = new Rest((path) => {
    if (!path.includes("from_seq=1&")) return page([]);
    return isAway ? page([300, 301], { is_complete: false }) : page([1, 2, 300, 301, 302]);
  });
  begin();
  await rest.pass(0);
  expect([seqs(), last?.isLoaded, last?.isComplete]).toEqual([[300, 301], true, false]);
  isAway = false;
  await rest.pass(RETRY_MS);
  expect([seqs(), last?.isComplete]).toEqual([[1, 2, 300, 301, 302], true]);
  await rest.pass(EVERY_MS);
  expect(rest.asked.at(-1)).toContain("from_seq=303&");
});

test("one page with something missing is enough, also where the next has no answer", async () => {
  const rest = new Rest((path, before) => {
    if (before === 0) return page([300], { next_from_seq: 301, is_complete: false });
    return path.includes("from_seq=1&") ? page([1, 300, 301]) : before === 1 ? null : page([]);
  });
  begin();
  await rest.pass(0);
  expect([seqs(), last?.isComplete, last?.problem?.isAway]).toEqual([[300], false, true]);
  await rest.pass(RETRY_MS);
  expect([seqs(), last?.isComplete, last?.problem]).toEqual([[1, 300, 301], true, null]);
});

test("a closed log that was half read is read to its end, and then seldom looked at", async () => {
  const rest = new Rest((path, before) => {
    if (path.includes("from_seq=1&")) return page([1, 2], { next_from_seq: 3 });
    return before === 1 ? refusal(503) : path.includes("from_seq=3&") ? page([3, 4]) : page([]);
  });
  begin({ beforeSeq: () => 9, isClosed: () => true });
  await rest.pass(0);
  expect([seqs(), last?.isLoaded]).toEqual([[1, 2], false]);
  await rest.pass(RETRY_MS);
  expect([seqs(), last?.isLoaded]).toEqual([[1, 2, 3, 4], true]);
  await rest.pass(EVERY_MS);
  const count = rest.asked.length;
  await rest.pass(CLOSED_MS - 1);
  expect(rest.asked.length).toBe(count);
  await rest.pass(1);
  expect(rest.asked.length).toBe(count + 1);
});

test("the end of a match that is over may come a moment later", async () => {
  const rest = new Rest((path) => (path.includes("from_seq=1&") ? page([1]) : path.includes("from_seq=2&") ? page([2]) : page([])));
  begin({ isClosed: () => true });
  await rest.pass(CLOSED_MS);
  expect([seqs(), rest.asked.length]).toEqual([[1, 2], 3]);
});

test("the thinned beginning is asked for until it was told whole, and then no more", async () => {
  const rest = new Rest((path, before) => {
    if (!path.startsWith("/thin")) return page([9]);
    return [null, page([3], { is_complete: false }), page([1, 3], { next_from_seq: 4 }), refusal(503), page([5])][before] ?? null;
  });
  begin({ first: "/thin?s=1" });
  await rest.pass(3 * RETRY_MS);
  expect(rest.asked).toEqual(["/thin?s=1&from_seq=1&limit=1000", "/thin?s=1&from_seq=1&limit=1000", "/thin?s=1&from_seq=1&limit=1000", "/thin?s=1&from_seq=4&limit=1000", "/thin?s=1&from_seq=1&limit=1000"]);
  expect([seqs(), last?.isLoaded, last?.isComplete]).toEqual([[1, 3, 5], true, true]);
  await rest.pass(EVERY_MS);
  expect([rest.asked.at(-1), seqs()]).toEqual(["/kills?from_seq=6&limit=1000", [1, 3, 5, 9]]);
});

test("what stays in part is asked for less and less often, until it is whole", async () => {
  const seconds: number[] = [];
  const rest = new Rest((_path, before) => {
    seconds.push((Date.now() - beganMs) / 1_000);
    return page([1], { is_complete: before === 6 });
  });
  const beganMs = Date.now();
  begin();
  await rest.pass(93_000 + EVERY_MS + RETRY_MS);
  expect(seconds).toEqual([0, 3, 9, 21, 45, 69, 93, 94, 97]);
});

test("is looked at while the match moves and once after, and seldom while it stands still", async () => {
  const rest = new Rest(() => page([]));
  let place: string | null = "1";
  begin({ at: () => place });
  await rest.pass(10 * EVERY_MS);
  expect(rest.asked.length).toBe(2);
  place = "2";
  await rest.pass(EVERY_MS);
  expect(rest.asked.length).toBe(3);
  place = "3";
  await rest.pass(10 * EVERY_MS);
  expect(rest.asked.length).toBe(5);
  await rest.pass(CLOSED_MS);
  expect(rest.asked.length).toBe(6);
  place = null;
  await rest.pass(10 * EVERY_MS);
  expect(rest.asked.length).toBe(16);
});

test("what failed or is told in part is asked for again also while the match stands still", async () => {
  const rest = new Rest((_path, before) => (before < 2 ? refusal(503) : page([1], { is_complete: before > 3 })));
  begin({ at: () => "1" });
  await rest.pass(3 * RETRY_MS);
  expect(rest.asked.length).toBe(4);
  await rest.pass(2 * RETRY_MS);
  expect([rest.asked.length, last?.isComplete]).toEqual([5, true]);
});

test("waits as long as a plan wants, and asks no more what is refused", async () => {
  const rest = new Rest(() => refusal(429, 20));
  begin();
  await rest.pass(19_999);
  expect(rest.asked.length).toBe(1);
  rest.answer = () => refusal(403);
  await rest.pass(1);
  await rest.pass(600_000);
  expect([rest.asked.length, last?.problem?.problem.status]).toEqual([2, 403]);
});

test("asks nothing while nobody looks, nor after it was ended", async () => {
  const rest = new Rest(() => page([]));
  const end = begin();
  await rest.pass(0);
  vi.stubGlobal("document", { hidden: true });
  await rest.pass(60_000);
  expect(rest.asked.length).toBe(1);
  vi.stubGlobal("document", { hidden: false });
  await rest.pass(EVERY_MS);
  expect(rest.asked.length).toBe(2);
  end();
  await rest.pass(60_000);
  expect(rest.asked.length).toBe(2);
});

test("what was read stays until the new reading is loaded, with what hinders that", () => {
  const old: Reading<Item> = { items: [{ seq: 1 }, { seq: 2 }], isLoaded: true, isComplete: true, problem: null };
  const away = new ProblemError(refusal(503).body);
  expect(renewed(old, { ...UNREAD, problem: away })).toEqual({ ...old, problem: away });
  const page: Reading<Item> = { ...UNREAD, items: [{ seq: 1 }] };
  expect(renewed(old, page)).toEqual(old);
  expect(renewed(UNREAD, page)).toBe(page);
  const none = { ...UNREAD, isLoaded: true };
  expect(renewed(old, none)).toBe(none);
});
