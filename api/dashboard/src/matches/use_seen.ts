/* Whether something is within the window: what is out of sight need not be asked for. */

import { useEffect, useState } from "preact/hooks";

export interface Seen {
  isSeen: boolean;
  /** Whether it ever was. */
  wasSeen: boolean;
}

const UNSEEN: Seen = { isSeen: false, wasSeen: false };

export function useSeen(element: { current: Element | null }): Seen {
  const [seen, setSeen] = useState(UNSEEN);
  useEffect(() => {
    if (element.current === null) return undefined;
    const watcher = new IntersectionObserver((told) => {
      const isSeen = told.at(-1)?.isIntersecting === true;
      setSeen((before) => ({ isSeen, wasSeen: before.wasSeen || isSeen }));
    });
    watcher.observe(element.current);
    return () => { watcher.disconnect(); };
  }, []);
  return seen;
}
