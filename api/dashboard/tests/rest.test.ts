/* What a question to the API comes to where the API goes while it answers. */

import { afterEach, expect, test, vi } from "vitest";
import { get, ProblemError } from "../src/rest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a server that goes between the head and the body of an answer is away, as one that does not answer", async () => {
  const cut = { ok: true, status: 200, json: () => Promise.reject(new TypeError("Failed to fetch")) };
  for (const answer of [() => Promise.resolve(cut), () => Promise.reject(new TypeError("Failed to fetch"))]) {
    vi.stubGlobal("fetch", answer);
    const problem = await get("/api/v1/matches").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ProblemError);
    expect((problem as ProblemError).isAway).toBe(true);
  }
});

async function problemOf(answer: object): Promise<ProblemError> {
  vi.stubGlobal("fetch", () => Promise.resolve(answer));
  return (await get("/api/v1/matches").catch((error: unknown) => error)) as ProblemError;
}

test("what a proxy says in JSON of its own is a refusal of the status that it has, and asked again", async () => {
  for (const body of [{ message: "bad gateway" }, { detail: { code: 7 }, status: "502" }, [], null, "away"]) {
    const error = await problemOf({ ok: false, status: 502, statusText: "Bad Gateway", json: () => Promise.resolve(body) });
    expect([error.problem.status, error.problem.detail, error.isAway, error.retryMs]).toEqual([502, "Bad Gateway", true, 3_000]);
  }
});

test("what the API says of a refusal is kept, and when to ask again", async () => {
  const body = { type: "urn:x", title: "Too Many", status: 429, detail: "the month is used up", field: "", reason: "", retry_after_s: 60 };
  const error = await problemOf({ ok: false, status: 429, statusText: "", json: () => Promise.resolve(body) });
  expect([error.problem, error.retryMs]).toEqual([body, 60_000]);
});

test("a server that takes the question and never answers is away", async () => {
  const limit = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(limit.signal);
  vi.stubGlobal("fetch", (_path: string, { signal }: { signal: AbortSignal }) => new Promise((_done, fail) => {
    signal.addEventListener("abort", () => { fail(signal.reason as Error); });
  }));
  const leaving = new AbortController();
  const answers = [get("/a"), get("/b", { signal: leaving.signal })].map((each) => each.catch((error: unknown) => error));
  limit.abort(new DOMException("too long", "TimeoutError"));
  for (const error of await Promise.all(answers)) expect((error as ProblemError).isAway).toBe(true);
});
