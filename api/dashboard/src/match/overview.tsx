/* A match at a glance: chances over time, rounds, kills, swings, players, economy, feed. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { EventView, PlayerView, PointView, RoundView, SwingsView } from "../contract";
import { mapName } from "../format";
import { placeOf } from "../live/use_feed";
import { isOver } from "../matches/standing";
import { Empty, Loading, Trouble } from "../parts/states";
import { usePaced } from "../parts/use_paced";
import { CLOSED_MS, type Reading } from "../reading";
import { matchPath } from "../rest";
import { useRest } from "../use_rest";
import { useCast } from "./cast";
import { ChanceChart } from "./chart";
import { curve, joined, thinned } from "./curve";
import { EconomyChart } from "./economy";
import { FeedHealth } from "./feed_health";
import { killing, type Killing } from "./kills";
import { KillFeed } from "./kill_feed";
import type { PlayedMap } from "./maps";
import type { Watched } from "./page";
import { RoundStrip } from "./round_strip";
import { Scoreboard } from "./scoreboard";
import { SwingList } from "./swing_list";
import { moves, sidesByRound } from "./swings";
import { useLog } from "./use_log";

export function Overview(props: { watched: Watched }): JSX.Element {
  const { watched } = props;
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = watched.maps.find((map) => map.mapId === chosen) ?? watched.maps.at(-1);
  if (shown === undefined) return <Empty title="No map has begun">Score, chances and players are here when the first map starts.</Empty>;
  return (
    <>
      {watched.maps.length > 1 ? <MapChoice maps={watched.maps} shown={shown} choose={setChosen} /> : null}
      <MapOverview key={shown.mapId} watched={watched} map={shown} />
    </>
  );
}

function MapChoice(props: { maps: PlayedMap[]; shown: PlayedMap; choose: (mapId: string) => void }): JSX.Element {
  return (
    <div class="segments" role="group" aria-label="Map">
      {props.maps.map((map) => (
        <button key={map.mapId} type="button" aria-pressed={map.mapId === props.shown.mapId} onClick={() => { props.choose(map.mapId); }}>
          {mapName(map.name)}{" "}
          <span class="muted">
            {map.scoreA}:{map.scoreB}
          </span>
        </button>
      ))}
    </div>
  );
}

/** Everything about one map. What of it is a log is read once and then followed. */
function MapOverview(props: { watched: Watched; map: PlayedMap }): JSX.Element {
  const { watched, map } = props;
  const { matchId, live, state } = watched;
  const version = `${live.feed.voids.length}/${live.feed.holes}/${live.status.cuts}`;
  const reading = { version, isOver: isOver(state), at: placeOf(live) };
  const predictions = useLog<PointView>(matchId, CHANCES, map.span, reading);
  const swings = useLog<SwingsView>(matchId, SWINGS, map.span, reading);
  const killEvents = useLog<EventView>(matchId, KILLS, map.span, reading);
  const roundVersion = `${version}/${state.map?.rounds.length}/${state.maps_a + state.maps_b}`;
  const looking = { version: roundVersion, everyMs: isOver(state) ? CLOSED_MS : LOOK_MS };
  const rounds = useRest<RoundView[]>(matchPath(matchId, "/rounds"), looking);
  const players = useRest<PlayerView[]>(matchPath(matchId, "/players"), looking);
  const cast = useCast(state);
  const tail = usePaced(map.isRunning ? live.feed.predictions : NONE, CHART_MS);
  const round = map.isRunning ? state.round : null;
  const runningNo = round?.number ?? null;
  const past = useMemo(() => thinned(predictions.items, runningNo), [predictions.items, runningNo]);
  const told = useMemo(
    () => curve(thinned(joined(past, tail, { mapId: map.mapId, voids: live.feed.voids }), runningNo)),
    [past, tail, map.mapId, live.feed.voids, runningNo],
  );
  const kills = useMemo(() => killEvents.items.map(killing).filter((kill): kill is Killing => kill?.mapId === map.mapId), [killEvents.items]);
  const moved = useMemo(() => moves(swings.items.filter((view) => view.map_id === map.mapId)), [swings.items, map.mapId]);
  const ofMap = useMemo(() => (rounds.data ?? []).filter((round) => round.map_id === map.mapId), [rounds.data, map.mapId]);
  const aSide = map.isRunning ? (state.map?.a_side ?? null) : null;
  const aSides = useMemo(() => sidesByRound(ofMap, round === null ? null : { number: round.number, aSide }), [ofMap, round?.number, aSide]);
  const problem = [predictions, swings, killEvents, rounds, players].find((each) => each.problem !== null)?.problem ?? null;
  return (
    <>
      {problem === null ? null : <Trouble problem={problem} what="history of the map" />}
      <div class="overview">
        <section class="panel area-chart" aria-label="Win probability over time">
          {predictions.isLoaded || told.t.length > 0 ? (
            <ChanceChart curve={told} moves={moved} cast={cast} isComplete={predictions.isLoaded && predictions.isComplete} />
          ) : isAwaited(predictions) ? (
            <Loading what="the course of the map" />
          ) : null}
        </section>
        <RoundStrip matchId={matchId} cast={cast} map={map} rounds={ofMap} running={round?.ended_at === null ? round.number : null} />
        <Scoreboard watched={watched} map={map} aSide={aSide} players={players.data} kills={kills} />
        <KillFeed cast={cast} kills={kills} isLoaded={killEvents.isLoaded} isAwaited={isAwaited(killEvents)} />
        <SwingList cast={cast} aSides={aSides} moves={moved} isLoaded={swings.isLoaded} isAwaited={isAwaited(swings)} />
        <EconomyChart cast={cast} running={round} rounds={ofMap} />
        <FeedHealth live={live} />
      </div>
    </>
  );
}

/** Whether it may yet come: what hinders it is told above all parts. */
function isAwaited(reading: Reading<unknown>): boolean {
  return !reading.isLoaded && reading.problem === null;
}

const NONE: PointView[] = [];
const LOOK_MS = 10_000;
/** What a chart of half an hour shows does not move in less. */
const CHART_MS = 500;
/** The feed has the newest beyond these. */
const CHANCES = { first: "/predictions/history?resolution_s=1", part: "/predictions", everyMs: 5_000 };
const SWINGS = { part: "/swings", everyMs: 3_000 };
const KILLS = { part: "/events?type=kill", everyMs: 1_500 };
