/* The answer to a question: asked a moment after each change, and again while the round goes on. */

import { useEffect, useState } from "preact/hooks";
import type { WhatIfView } from "../contract";
import { later } from "../again";
import { isAbort, matchPath, send, ProblemError } from "../rest";
import { asked, type Question } from "./question";

const PAUSE_MS = 120;
const AGAIN_MS = 1_500;

export interface Answer {
  view: WhatIfView | null;
  problem: ProblemError | null;
  /** The first since the question changed: what is read out. */
  first: WhatIfView | null;
  isAsking: boolean;
}

const NONE: Answer = { view: null, problem: null, first: null, isAsking: false };

/** Null asks nothing. The last answer about the same `round` stays while the next is awaited. */
export function useAnswer(matchId: string, round: string, question: Question | null): Answer {
  const [held, hold] = useState({ round, answer: NONE });
  useEffect(() => {
    if (question === null) return undefined;
    const aborting = new AbortController();
    const say = (change: (before: Answer) => Answer): void => {
      hold((before) => ({ round, answer: change(before.round === round ? before.answer : NONE) }));
    };
    say((before) => ({ ...before, isAsking: true }));
    let first: WhatIfView | null = null;
    const ask = async (): Promise<void> => {
      let waitMs = AGAIN_MS;
      try {
        const view = await send<WhatIfView>("POST", matchPath(matchId, "/what-if"), asked(question), { signal: aborting.signal });
        const told = (first ??= view);
        say(() => ({ view, problem: null, first: told, isAsking: false }));
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ProblemError)) throw error;
        say((before) => ({ ...before, problem: error, isAsking: false }));
        waitMs = error.retryMs ?? AGAIN_MS;
      }
      later(aborting.signal, waitMs, () => void ask());
    };
    later(aborting.signal, PAUSE_MS, () => void ask());
    return () => { aborting.abort(); };
  }, [matchId, round, question]);
  return held.round === round ? held.answer : NONE;
}
