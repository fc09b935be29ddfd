/* What is asked again, and when. */

import { afterEach, expect, test, vi } from "vitest";
import { askAgain, later, type Answer } from "../src/again";
import { isComplete, RETRY_LAST_MS, RETRY_MS } from "../src/rest";
import { refusal, Rest } from "./rest_interface";

interface Told {
  is_complete?: boolean;
}

let last: Answer<Told> | null = null;
const told = (answer: Answer<Told>): void => { last = answer; };

afterEach(() => { Rest.end(); });

test("what heals by itself is asked again, also what is asked for once; an answer is enough", async () => {
  for (const failure of [null, refusal(503), refusal(429)]) {
    const rest = new Rest((_path, before) => (before === 0 ? failure : { body: {} }));
    askAgain<Told>("/outline", {}, told);
    await rest.pass(RETRY_MS - 1);
    expect([rest.asked.length, last?.data]).toEqual([1, null]);
    await rest.pass(1);
    expect([rest.asked.length, last?.data, last?.problem]).toEqual([2, {}, null]);
    await rest.pass(60_000);
    expect(rest.asked.length).toBe(2);
    Rest.end();
  }
});

test("what is refused stays refused", async () => {
  const rest = new Rest(() => refusal(404));
  askAgain<Told>("/outline", {}, told);
  await rest.pass(600_000);
  expect([rest.asked.length, last?.problem?.problem.status]).toEqual([1, 404]);
});

test("a plan's wait is kept, however long, within an hour", async () => {
  const rest = new Rest(() => refusal(429, 20));
  const end = askAgain<Told>("/matches", { everyMs: 2_000 }, told);
  await rest.pass(19_999);
  expect(rest.asked.length).toBe(1);
  rest.answer = () => refusal(429, 30 * 86_400);
  await rest.pass(1);
  await rest.pass(RETRY_LAST_MS - 1);
  expect(rest.asked.length).toBe(2);
  await rest.pass(1);
  expect(rest.asked.length).toBe(3);
  end();
});

test("is asked until it is as wished", async () => {
  const rest = new Rest((_path, before) => ({ body: { is_complete: before > 1 } }));
  askAgain<Told>("/events", { until: isComplete }, told);
  await rest.pass(600_000);
  expect([rest.asked.length, last?.data]).toEqual([3, { is_complete: true }]);
});

test("what is not as wished is asked for less and less often, up to a bound, and soon again once it was", async () => {
  let isWhole = false;
  const rest = new Rest(() => ({ body: { is_complete: isWhole } }));
  const end = askAgain<Told>("/events", { until: isComplete, everyMs: 60_000 }, told);
  const waits = [1, 2, 4, 8, 8, 8].map((times) => times * RETRY_MS);
  for (const [at, waitMs] of waits.entries()) {
    await rest.pass(waitMs - 1);
    expect(rest.asked.length).toBe(at + 1);
    await rest.pass(1);
    expect(rest.asked.length).toBe(at + 2);
  }
  isWhole = true;
  await rest.pass(8 * RETRY_MS);
  isWhole = false;
  await rest.pass(60_000);
  const asked = rest.asked.length;
  await rest.pass(RETRY_MS);
  expect(rest.asked.length).toBe(asked + 1);
  end();
});

test("another pause counts from the next answer on", async () => {
  let everyMs = 5_000;
  const rest = new Rest(() => ({ body: {} }));
  const end = askAgain<Told>("/latest", { get everyMs() { return everyMs; } }, told);
  await rest.pass(5_000);
  everyMs = 20_000;
  await rest.pass(5_000);
  expect(rest.asked.length).toBe(3);
  await rest.pass(19_999);
  expect(rest.asked.length).toBe(3);
  await rest.pass(1);
  expect(rest.asked.length).toBe(4);
  end();
});

test("another pause counts from an answer that is still under way", async () => {
  let everyMs = 5_000;
  const rest = new Rest(() => ({ body: {} }));
  const end = askAgain<Told>("/latest", { get everyMs() { return everyMs; } }, told);
  everyMs = 20_000;
  await rest.pass(19_999);
  expect(rest.asked.length).toBe(1);
  await rest.pass(1);
  expect(rest.asked.length).toBe(2);
  end();
});

test("what nobody looks at waits, and is asked soon after it is looked at again", async () => {
  let isIdle = false;
  const rest = new Rest(() => ({ body: {} }));
  const end = askAgain<Told>("/quality", { everyMs: 60_000, isIdle: () => isIdle }, told);
  isIdle = true;
  await rest.pass(600_000);
  expect(rest.asked.length).toBe(1);
  isIdle = false;
  await rest.pass(RETRY_MS);
  expect(rest.asked.length).toBe(2);
  await rest.pass(60_000);
  expect(rest.asked.length).toBe(3);
  end();
});

test("what is given up leaves no timer, also where it waits for the page to be looked at", async () => {
  const rest = new Rest(() => ({ body: {} }));
  for (const hidden of [false, true]) {
    vi.stubGlobal("document", { hidden });
    const aborting = new AbortController();
    const acted = vi.fn();
    later(aborting.signal, 1_000, acted);
    await rest.pass(hidden ? 1_500 : 500);
    aborting.abort();
    expect(vi.getTimerCount()).toBe(0);
    later(aborting.signal, 1_000, acted);
    expect(vi.getTimerCount()).toBe(0);
    await rest.pass(5_000);
    expect(acted).not.toHaveBeenCalled();
  }
});

test("a signal that is asked again and again is listened to once", async () => {
  const rest = new Rest(() => ({ body: {} }));
  const aborting = new AbortController();
  const on = vi.spyOn(aborting.signal, "addEventListener");
  const off = vi.spyOn(aborting.signal, "removeEventListener");
  later(aborting.signal, 1_000, () => { later(aborting.signal, 1_000, () => undefined); });
  await rest.pass(2_000);
  expect([on.mock.calls.length, off.mock.calls.length]).toEqual([2, 2]);
});
