/* What is asked of REST again and again: when, and when no more.

Belongs here: the wait between two questions. Does not belong here: pages of a log (`reading`), components (`use_rest`). */

import { get, isAbort, ProblemError, RETRY_MS } from "./rest";

export interface Answer<T> {
  data: T | null;
  problem: ProblemError | null;
}

export interface Wish<T> {
  /** Asked each so often also when all is well. */
  everyMs?: number | undefined;
  /** Asked again until this holds of an answer. */
  until?: ((data: T) => boolean) | undefined;
  /** Nothing is asked again while this holds. */
  isIdle?: (() => boolean) | undefined;
}

/** How long what cannot be had whole waits at most, twice as long each time. */
export const PART_MS = 8 * RETRY_MS;

/** Acts in `ms`, not before the page is looked at, and not at all once the signal is given. */
export function later(signal: AbortSignal, ms: number, act: () => void): void {
  if (signal.aborted) return;
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", forget);
    if (document.hidden) later(signal, ms, act);
    else act();
  }, ms);
  const forget = (): void => {
    clearTimeout(timer);
  };
  signal.addEventListener("abort", forget);
}

/** Asks for what is at `path`, again as wished and after what heals by itself; what comes back ends it. */
export function askAgain<T>(path: string, wish: Wish<T>, told: (answer: Answer<T>) => void): () => void {
  const aborting = new AbortController();
  let partMs = RETRY_MS;
  const ask = async (): Promise<void> => {
    let waitMs: number | null = null;
    try {
      const data = await get<T>(path, { signal: aborting.signal });
      told({ data, problem: null });
      const isAsWished = wish.until?.(data) !== false;
      if (!isAsWished) waitMs = partMs;
      partMs = isAsWished ? RETRY_MS : Math.min(2 * partMs, PART_MS);
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof ProblemError)) throw error;
      told({ data: null, problem: error });
      waitMs = error.retryMs;
    }
    waitMs ??= wish.everyMs ?? null; // as it is wished now: while we asked, others may have come
    if (waitMs !== null) askIn(waitMs);
  };
  const askIn = (ms: number): void => {
    later(aborting.signal, ms, () => {
      if (wish.isIdle?.() === true) askIn(RETRY_MS);
      else void ask();
    });
  };
  void ask();
  return () => { aborting.abort(); };
}
