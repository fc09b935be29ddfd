/* The events of a round for the player: read page by page, then followed while the round is the newest. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { EventView } from "../contract";
import { read, type Reading } from "../reading";
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

/** What there is of the round, first an empty timeline. It is read anew when `version` changes: something was withdrawn. */
export function useTimeline(matchId: string, round: PlayableRound, options: { version: string; isOver: boolean }): Played {
  const { version, isOver } = options;
  const unread = { key: round.key, timeline: newTimeline(), isLoaded: false, problem: null, version: 0 };
  const [played, setPlayed] = useState<Played>(unread);
  const newest = useRef({ beforeSeq: round.beforeSeq, isOver });
  newest.current = { beforeSeq: round.beforeSeq, isOver };
  useEffect(() => {
    let made: Played = unread;
    const source = {
      path: matchPath(matchId, "/events"),
      fromSeq: round.fromSeq,
      beforeSeq: () => newest.current.beforeSeq,
      isClosed: () => newest.current.beforeSeq !== null || newest.current.isOver,
      everyMs: LOOK_MS,
    };
    return read<EventView>(source, ({ items, isLoaded, problem }: Reading<EventView>) => {
      made = { ...made, timeline: extended(made.timeline, items), isLoaded, problem, version: made.version + 1 };
      setPlayed(made);
    });
  }, [matchId, round.key, round.fromSeq, version]);
  return played.key === round.key ? played : unread;
}
