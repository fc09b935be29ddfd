/* The live feed of a match for a page: newest feed and status, told at most thirty times a second. */

import { useEffect, useRef, useState } from "preact/hooks";
import { BEGINNING, BROWSER, CHANNELS, Connection, liveUrl, type Channel, type Status } from "./connection";
import { EMPTY, type Feed } from "./feed";

export interface Live {
  feed: Feed;
  status: Status;
}

const NOTHING: Live = { feed: EMPTY, status: BEGINNING };
/** What comes after a pause as long as this is told at once; what comes sooner waits for the rest of it. */
const PAUSE_MS = 33;

/** What changes whenever the feed moves; null while it does not tell whether the match does. */
export function placeOf(live: Live): string | null {
  return live.status.link === "live" ? `${live.feed.seq}/${live.feed.predictedSeq}` : null;
}

/** Follows these channels of the match for as long as the page shows it. */
export function useFeed(matchId: string, channels: readonly Channel[] = CHANNELS): Live {
  const [live, setLive] = useState<Live>(NOTHING);
  const newest = useRef<Live>(NOTHING);
  const open = useRef<Connection | null>(null);
  useEffect(() => {
    let undo: (() => void) | null = null;
    let toldMs = -Infinity;
    setLive(NOTHING);
    const connection = new Connection(liveUrl(), matchId, BROWSER, (feed, status) => {
      newest.current = { feed, status };
      undo ??= BROWSER.later(() => {
        undo = null;
        toldMs = performance.now();
        setLive(newest.current);
      }, Math.max(0, toldMs + PAUSE_MS - performance.now()));
    });
    open.current = connection;
    return () => {
      connection.close();
      undo?.();
    };
  }, [matchId]);
  useEffect(() => { open.current?.follow(channels); }, [matchId, channels]);
  return live;
}
