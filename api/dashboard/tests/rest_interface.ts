/* A REST interface in the hands of a test: what it answers, what it was asked, and the time between. No tests here. */

import { vi } from "vitest";
import type { Problem } from "../src/contract";

type Answered = { status?: number; body: unknown } | null;

/** Answers each GET by `answer`, which is given the path and how many were asked before it; null is no answer at all. */
export class Rest {
  readonly asked: string[] = [];

  constructor(public answer: (path: string, before: number) => Answered) {
    vi.useFakeTimers();
    vi.stubGlobal("document", { hidden: false });
    vi.stubGlobal("fetch", (path: string) => {
      const told = this.answer(path, this.asked.length);
      this.asked.push(path);
      if (told === null) return Promise.reject(new TypeError("Failed to fetch"));
      const status = told.status ?? 200;
      return Promise.resolve({ ok: status < 400, status, json: () => Promise.resolve(told.body) });
    });
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  static end(): void {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  }
}

export function refusal(status: number, retryAfterS: number | null = null): { status: number; body: Problem } {
  return { status, body: { type: "urn:x", title: "x", status, detail: "x", field: "", reason: "x", retry_after_s: retryAfterS } };
}
