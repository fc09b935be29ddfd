/* REST answers for pages: asked once or again and again, the newest answer kept while the API is away. */

import { useEffect, useState } from "preact/hooks";
import { ProblemError, get, isAbort } from "./rest";

export interface Answer<T> {
  data: T | null;
  problem: ProblemError | null;
}

/** What is at `path`: asked anew each `everyMs` while the page is looked at, and when `version` changes. Null asks nothing. */
export function useRest<T>(path: string | null, options: { everyMs?: number; version?: unknown } = {}): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path: string | null }>({ path, data: null, problem: null });
  const { everyMs, version } = options;
  useEffect(() => {
    if (path === null) return undefined;
    const aborting = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = (): void => {
      if (!aborting.signal.aborted && everyMs !== undefined) timer = setTimeout(() => { if (document.hidden) later(); else void round(); }, everyMs);
    };
    const round = async (): Promise<void> => {
      try {
        const data = await get<T>(path, { signal: aborting.signal });
        setAnswer({ path, data, problem: null });
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ProblemError)) throw error;
        setAnswer((before) => ({ path, data: before.path === path ? before.data : null, problem: error }));
      }
      later();
    };
    void round();
    return () => {
      aborting.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, version]);
  return answer.path === path ? answer : { data: null, problem: null };
}
