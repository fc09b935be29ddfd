/* The events of a round for the player: read page by page, then followed while the round is the newest. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { EventView } from "../contract";
import { isAbort, matchPath, pages, ProblemError } from "../rest";
import type { PlayableRound } from "./rounds";
import { extend, newTimeline, type Timeline } from "./timeline";

const LOOK_MS = 700;

export interface Played {
  key: string;
  timeline: Timeline;
  isLoaded: boolean;
  problem: ProblemError | null;
  /** Changes with each batch of events. */
  version: number;
}

/** Null before the first answer. It is read anew when `version` changes: something was withdrawn. */
export function useTimeline(matchId: string, round: PlayableRound | null, version: string): Played | null {
  const [played, setPlayed] = useState<Played | null>(null);
  const before = useRef<number | null>(null);
  before.current = round?.beforeSeq ?? null;
  useEffect(() => {
    if (round === null) return undefined;
    const aborting = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let made: Played = { key: round.key, timeline: newTimeline(), isLoaded: false, problem: null, version: 0 };
    const say = (change: Partial<Played>): void => {
      made = { ...made, ...change, version: made.version + 1 };
      setPlayed(made);
    };
    const told = (events: EventView[]): void => {
      if (events.length === 0) return;
      extend(made.timeline, events);
      say({});
    };
    const read = async (): Promise<void> => {
      const isClosed = before.current !== null;
      const fromSeq = Math.max(round.fromSeq, made.timeline.lastSeq + 1);
      try {
        const limits = before.current === null ? {} : { beforeSeq: before.current };
        await pages<EventView>(matchPath(matchId, "/events"), { fromSeq, ...limits, signal: aborting.signal, told });
        if (!made.isLoaded || made.problem !== null) say({ isLoaded: true, problem: null });
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ProblemError)) throw error;
        say({ problem: error });
        if (!aborting.signal.aborted) timer = setTimeout(() => void read(), LOOK_MS);
        return;
      }
      if (!aborting.signal.aborted && !isClosed) timer = setTimeout(() => void read(), LOOK_MS);
    };
    void read();
    return () => {
      aborting.abort();
      clearTimeout(timer);
    };
  }, [matchId, round?.key, round?.fromSeq, version]);
  return played !== null && played.key === round?.key ? played : null;
}
