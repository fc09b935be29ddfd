/* The answer to a question: asked a moment after each change, and again while the round goes on. */

import { useEffect, useState } from "preact/hooks";
import type { WhatIfView } from "../contract";
import { isAbort, matchPath, send, ProblemError } from "../rest";
import { asked, type Question } from "./question";

const PAUSE_MS = 120;
const AGAIN_MS = 1_500;

export interface Answer {
  view: WhatIfView | null;
  problem: ProblemError | null;
  isAsking: boolean;
}

/** Null asks nothing. The last answer stays while the next is awaited. */
export function useAnswer(matchId: string, question: Question | null): Answer {
  const [answer, setAnswer] = useState<Answer>({ view: null, problem: null, isAsking: false });
  useEffect(() => {
    if (question === null) return undefined;
    const aborting = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setAnswer((before) => ({ ...before, isAsking: true }));
    const round = async (): Promise<void> => {
      try {
        const view = await send<WhatIfView>("POST", matchPath(matchId, "/what-if"), asked(question), { signal: aborting.signal });
        setAnswer({ view, problem: null, isAsking: false });
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ProblemError)) throw error;
        setAnswer((before) => ({ view: before.view, problem: error, isAsking: false }));
      }
      if (!aborting.signal.aborted) timer = setTimeout(() => void round(), AGAIN_MS);
    };
    timer = setTimeout(() => void round(), PAUSE_MS);
    return () => {
      aborting.abort();
      clearTimeout(timer);
    };
  }, [matchId, question]);
  return answer;
}
