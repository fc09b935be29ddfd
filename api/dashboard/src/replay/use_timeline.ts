/* The events of a round for the player: read page by page, then followed while the round is the newest. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { EventView } from "../contract";
import type { LogOptions } from "../match/use_log";
import { read, renewed, type Reading } from "../reading";
import { matchPath, type ProblemError } from "../rest";
import type { PlayableRound } from "./rounds";
import { extended, newTimeline, type Timeline } from "./timeline";

const LOOK_MS = 700;

export interface Played {
  key: string;
  timeline: Timeline;
  isLoaded: boolean;
  problem: ProblemError | null;
  /** Changes with each batch of events. */
  version: number;
}

/** What is played: another round at once, the same one that is read anew once all of it is there. */
export function taken(before: Played, now: Played): Played {
  return before.key === now.key ? renewed(before, now) : now;
}

/** What there is of the round, first an empty timeline. It is read anew when `version` changes: something was withdrawn. */
export function useTimeline(matchId: string, round: PlayableRound, options: LogOptions): Played {
  const unread = { key: round.key, timeline: newTimeline(), isLoaded: false, problem: null, version: 0 };
  const [played, setPlayed] = useState<Played>(unread);
  const newest = useRef({ beforeSeq: round.beforeSeq, ...options });
  newest.current = { beforeSeq: round.beforeSeq, ...options };
  useEffect(() => {
    let made: Played = unread;
    const source = {
      path: matchPath(matchId, "/events"),
      fromSeq: round.fromSeq,
      beforeSeq: () => newest.current.beforeSeq,
      isClosed: () => newest.current.beforeSeq !== null || newest.current.isOver,
      at: () => newest.current.at,
      everyMs: LOOK_MS,
    };
    return read<EventView>(source, ({ items, isLoaded, problem }: Reading<EventView>) => {
      made = { ...made, timeline: extended(made.timeline, items), isLoaded, problem, version: made.version + 1 };
      const now = made;
      setPlayed((before) => taken(before, now));
    });
  }, [matchId, round.key, round.fromSeq, options.version]);
  return played.key === round.key ? played : unread;
}
