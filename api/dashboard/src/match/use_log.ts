/* A resource of pages of a match, for its tabs. */

import { useEffect, useRef, useState } from "preact/hooks";
import { read, renewed, UNREAD, type Reading } from "../reading";
import { matchPath } from "../rest";

export interface Span {
  fromSeq: number;
  /** Null: to the end, and on with what comes. */
  beforeSeq: number | null;
}

export const WHOLE: Span = { fromSeq: 0, beforeSeq: null };

/** What of a match is read: `first` is asked until it is whole, `part` for what follows; both tell items of the same kind. `everyMs`:
how often at most, while the match moves. */
export interface Part {
  part: string;
  first?: string;
  everyMs: number;
}

export interface LogOptions {
  /** Read anew when it changes: something was withdrawn. */
  version: string;
  /** Whether the match is over: nothing more is to come. */
  isOver: boolean;
  /** Where the feed is: nothing is looked for while it stands still. */
  at: string | null;
}

/** The items of a part within the span. Those that were read stay while they are read anew. */
export function useLog<T extends { seq: number }>(matchId: string, { part, first, everyMs }: Part, span: Span, options: LogOptions): Reading<T> {
  const [log, setLog] = useState<Reading<T>>(UNREAD);
  const { fromSeq, beforeSeq } = span;
  const newest = useRef(options);
  newest.current = options;
  useEffect(() => { setLog(UNREAD); }, [matchId, part, first, fromSeq, beforeSeq]);
  useEffect(() => {
    const source = {
      path: matchPath(matchId, part),
      first: first === undefined ? undefined : matchPath(matchId, first),
      fromSeq,
      beforeSeq: () => beforeSeq,
      isClosed: () => beforeSeq !== null || newest.current.isOver,
      at: () => newest.current.at,
      everyMs,
    };
    return read<T>(source, (reading) => { setLog((before) => renewed(before, reading)); });
  }, [matchId, part, first, fromSeq, beforeSeq, everyMs, options.version]);
  return log;
}
