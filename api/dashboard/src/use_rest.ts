/* REST answers for pages: asked once or again and again, the newest answer kept while the API is away. */

import { useEffect, useRef, useState } from "preact/hooks";
import { askAgain, type Answer, type Wish } from "./again";

interface Wished<T> extends Omit<Wish<T>, "isIdle"> {
  version?: unknown;
  /** Whether it need not be asked again at present. */
  isIdle?: boolean;
}

/** What is at `path`: asked again as wished, after what heals by itself, and when `version` changes. Null asks nothing. Another
`everyMs` counts from the next answer on. */
export function useRest<T>(path: string | null, wish: Wished<T> = {}): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path: string | null }>({ path, data: null, problem: null });
  const newest = useRef(wish);
  newest.current = wish;
  useEffect(() => {
    if (path === null) return undefined;
    const wished: Wish<T> = {
      get everyMs() { return newest.current.everyMs; },
      until: wish.until,
      isIdle: () => newest.current.isIdle ?? false,
    };
    return askAgain<T>(path, wished, ({ data, problem }) => {
      setAnswer((before) => ({ path, data: data ?? (before.path === path ? before.data : null), problem }));
    });
  }, [path, wish.version]);
  return answer.path === path ? answer : { data: null, problem: null };
}
