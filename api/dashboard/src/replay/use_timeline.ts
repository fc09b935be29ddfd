/* The events of a round for the player: what has been is read page by page, what comes is told by the live feed. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { EventView } from "../contract";
import { placeOf, type Live } from "../live/use_feed";
import { continued, hasFrom } from "../live/run";
import { read, renewed, UNREAD, type Reading } from "../reading";
import { matchPath, type ProblemError } from "../rest";
import type { PlayableRound } from "./rounds";
import { extended, newTimeline, type Timeline } from "./timeline";

/** While the feed does not tell what comes: it is away, or has left something out. */
const LOOK_MS = 700;

export interface Played {
  key: string;
  timeline: Timeline;
  isLoaded: boolean;
  problem: ProblemError | null;
  /** Changes with each batch of events. */
  version: number;
}

interface History extends Reading<EventView> {
  key: string;
}

interface Options {
  live: Live;
  /** Read anew when it changes: something was withdrawn. */
  version: string;
  /** Whether the match is over: nothing more is to come. */
  isOver: boolean;
}

/** What there is of the round, first an empty timeline. */
export function useTimeline(matchId: string, round: PlayableRound, options: Options): Played {
  const { run } = options.live.feed;
  const isTold = hasFrom(run, round.fromSeq);
  const history = useHistory(matchId, round, { ...options, isTold });
  const events = useMemo(() => continued<EventView>(history.items, run, round.fromSeq, round.beforeSeq), [history.items, run, round.fromSeq, round.beforeSeq]);
  const shown = useRef<Played>({ key: round.key, timeline: newTimeline(), isLoaded: false, problem: null, version: 0 });
  return useMemo(() => {
    const before = shown.current;
    const timeline = extended(before.key === round.key ? before.timeline : newTimeline(), events);
    const now = { key: round.key, timeline, isLoaded: isTold || history.isLoaded, problem: isTold ? null : history.problem, version: before.version + 1 };
    shown.current = taken(before, now);
    return shown.current;
  }, [round.key, events, history.isLoaded, history.problem, isTold]);
}

/** What is read of the round: nothing where the feed has told all of it. */
function useHistory(matchId: string, round: PlayableRound, options: Options & { isTold: boolean }): History {
  const unread: History = { ...UNREAD, key: round.key };
  const [history, setHistory] = useState<History>(unread);
  const newest = useRef({ beforeSeq: round.beforeSeq, ...options });
  newest.current = { beforeSeq: round.beforeSeq, ...options };
  useEffect(() => {
    if (options.isTold) return undefined;
    let lastSeq = round.fromSeq - 1;
    const source = {
      path: matchPath(matchId, "/events"),
      fromSeq: round.fromSeq,
      beforeSeq: () => newest.current.beforeSeq,
      isClosed: () => newest.current.beforeSeq !== null || newest.current.isOver,
      at: () => placeFrom(newest.current.live, lastSeq + 1),
      everyMs: LOOK_MS,
    };
    return read<EventView>(source, (reading) => {
      lastSeq = reading.items.at(-1)?.seq ?? lastSeq;
      setHistory((before) => taken(before, { ...reading, key: round.key }));
    });
  }, [matchId, round.key, round.fromSeq, options.isTold, options.version]);
  return history.key === round.key ? history : unread;
}

/** What changes where there may be more than the feed tells from `seq` on: it has left something out, or is away. */
function placeFrom(live: Live, seq: number): string | null {
  const { run } = live.feed;
  const isTold = live.status.link === "live" && (run === null || hasFrom(run, seq));
  return isTold ? "told" : placeOf(live);
}

/** What is shown: another round at once, the same one that is read anew once all of it is there. */
export function taken<T extends { key: string } & Pick<Reading<never>, "isLoaded" | "problem">>(before: T, now: T): T {
  return before.key === now.key ? renewed(before, now) : now;
}
