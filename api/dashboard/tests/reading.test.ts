/* When a log is read, from where again, and how often. */

import { afterEach, expect, test, vi } from "vitest";
import { CLOSED_MS, read, type Reading, type Source } from "../src/reading";
import { RETRY_MS } from "../src/rest";
import { refusal, Rest } from "./rest_interface";

interface Item {
  seq: number;
}

const EVERY_MS = 1_000;
let last: Reading<Item> | null = null;

function begin(change: Partial<Source> = {}): () => void {
  last = null;
  const source = { path: "/kills", fromSeq: 1, beforeSeq: () => null, isClosed: () => false, everyMs: EVERY_MS, ...change };
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

test("the thinned beginning is asked for once", async () => {
  const rest = new Rest((path) => (path.startsWith("/thin") ? null : page([1])));
  begin({ first: "/thin" });
  await rest.pass(RETRY_MS + EVERY_MS);
  expect(rest.asked.map((path) => path.split("?")[0])).toEqual(["/thin", "/kills", "/kills"]);
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
