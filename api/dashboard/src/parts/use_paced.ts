/* A value that changes often, for what is dear to draw or to ask. */

import { useEffect, useRef, useState } from "preact/hooks";

/** The newest value, told at most once in `ms`. */
export function usePaced<T>(value: T, ms: number): T {
  const [told, tell] = useState(value);
  const newest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  newest.current = value;
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      tell(() => newest.current);
    }, ms);
  }, [value]);
  useEffect(() => () => { clearTimeout(timer.current); }, []);
  return told;
}
