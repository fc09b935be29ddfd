/* REST answers for pages: asked once or again and again, the newest answer kept while the API is away. */

import { useEffect, useState } from "preact/hooks";
import { askAgain, type Answer, type Wish } from "./again";

/** What is at `path`: asked again as wished, after what heals by itself, and when `version` changes. Null asks nothing. */
export function useRest<T>(path: string | null, wish: Wish<T> & { version?: unknown } = {}): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path: string | null }>({ path, data: null, problem: null });
  const { everyMs, until, version } = wish;
  useEffect(() => {
    if (path === null) return undefined;
    return askAgain<T>(path, { everyMs, until }, ({ data, problem }) => {
      setAnswer((before) => ({ path, data: data ?? (before.path === path ? before.data : null), problem }));
    });
  }, [path, everyMs, version]);
  return answer.path === path ? answer : { data: null, problem: null };
}
