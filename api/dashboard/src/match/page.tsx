/* One match: what is above every tab, and which tab is shown. */

import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import { useMemo } from "preact/hooks";
import type { EventView, MatchDetail, MatchState } from "../contract";
import { teamName } from "../format";
import { CHANNELS, WITH_EVENTS } from "../live/connection";
import { useFeed, type Live } from "../live/use_feed";
import { isOver } from "../matches/standing";
import { Boundary } from "../parts/boundary";
import { Empty, Loading, Trouble } from "../parts/states";
import { useTitle } from "../parts/use_title";
import { matchPath } from "../rest";
import { matchHash, type Tab } from "../route";
import { useRest } from "../use_rest";
import { Banner, Headline, refused } from "./headline";
import { playedMaps, type PlayedMap } from "./maps";
import { Overview } from "./overview";
import { useLog, WHOLE } from "./use_log";

const ReplayPage = lazy(() => import("../replay/page"));
const WhatIfPage = lazy(() => import("../what_if/page"));

/** What every tab is given. */
export interface Watched {
  matchId: string;
  live: Live;
  state: MatchState;
  detail: MatchDetail | null;
  maps: PlayedMap[];
  query: URLSearchParams;
}

const MAPS = { part: "/events?type=map_started", everyMs: 1_000 };

export default function MatchPage(props: { matchId: string; tab: Tab; query: URLSearchParams }): JSX.Element {
  const { matchId, tab, query } = props;
  const live = useFeed(matchId, tab === "replay" ? WITH_EVENTS : CHANNELS);
  const state = live.feed.state;
  const detail = useRest<MatchDetail>(matchPath(matchId), { version: `${live.feed.holes}/${state?.maps_a}/${state?.maps_b}/${state?.map?.number}` });
  const reading = { version: `${live.feed.voids.length}/${live.feed.holes}`, isOver: state !== null && isOver(state), at: `${state?.map?.map_id}` };
  const starts = useLog<EventView>(matchId, MAPS, WHOLE, reading);
  const maps = useMemo(() => (state === null ? [] : playedMaps(state, starts.items)), [state?.finished_maps, state?.map, starts.items]);
  useTitle(state === null ? null : `${teamName("A", state)} against ${teamName("B", state)}${tab === "overview" ? "" : `, ${TITLES[tab]}`}`);
  if (state === null) return <NotYet live={live} problem={detail.problem} />;
  const watched: Watched = { matchId, live, state, detail: detail.data, maps, query };
  return (
    <div class="page match">
      <Banner live={live} />
      <Headline watched={watched} />
      <nav class="tabs" aria-label="Parts of the match">
        {(["overview", "replay", "what-if"] as const).map((each) => (
          <a key={each} href={matchHash(matchId, each)} aria-current={each === tab ? "page" : undefined}>
            {TITLES[each]}
          </a>
        ))}
      </nav>
      <Boundary key={tab}>
        <Suspense fallback={<Loading what="this part" />}>{shown(tab, watched)}</Suspense>
      </Boundary>
    </div>
  );
}

const TITLES: Record<Tab, string> = { overview: "Overview", replay: "2D replay", "what-if": "What if" };

function shown(tab: Tab, watched: Watched): JSX.Element {
  switch (tab) {
    case "overview":
      return <Overview watched={watched} />;
    case "replay":
      return <ReplayPage watched={watched} />;
    case "what-if":
      return <WhatIfPage watched={watched} />;
  }
}

function NotYet(props: { live: Live; problem: Parameters<typeof Trouble>[0]["problem"] | null }): JSX.Element {
  if (props.live.status.link === "unknown") return <Empty title="No such match is known (yet)">It is looked for again every few seconds.</Empty>;
  if (props.problem !== null) return <Trouble problem={props.problem} what="match" />;
  if (props.live.status.refusal !== null) return <Empty title="The match cannot be followed">{refused(props.live.status.refusal)}</Empty>;
  return <Loading what="the match" />;
}
