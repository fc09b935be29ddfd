/* What a question to the API comes to where the API goes while it answers. */

import { afterEach, expect, test, vi } from "vitest";
import { get, ProblemError } from "../src/rest";

afterEach(() => { vi.unstubAllGlobals(); });

test("a server that goes between the head and the body of an answer is away, as one that does not answer", async () => {
  const cut = { ok: true, status: 200, json: () => Promise.reject(new TypeError("Failed to fetch")) };
  for (const answer of [() => Promise.resolve(cut), () => Promise.reject(new TypeError("Failed to fetch"))]) {
    vi.stubGlobal("fetch", answer);
    const problem = await get("/api/v1/matches").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ProblemError);
    expect((problem as ProblemError).isAway).toBe(true);
  }
});
