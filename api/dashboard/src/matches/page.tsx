/* Matches, live and past: score, chances, how far each can be trusted. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Answer } from "../again";
import type { MatchSummary, Prediction } from "../contract";
import type { LiveQuality } from "../contract_records";
import { mapName, moment, phaseName, teamName } from "../format";
import { ChanceBar } from "../parts/chance";
import { Empty, Loading, Trouble } from "../parts/states";
import { CLOSED_MS } from "../reading";
import { V1, matchPath } from "../rest";
import { matchHash } from "../route";
import { useRest } from "../use_rest";
import { filterOf, searchPath } from "./filter";
import { Filters } from "./filters";
import { finality } from "./finality";
import { Found } from "./found";
import { chancesMs } from "./pace";
import { isOver, moved, standing, STANDINGS, type Movement, type Standing } from "./standing";
import { useSeen, type Seen } from "./use_seen";

const LOOK_MS = 2000;

export function MatchesPage({ query }: { query: URLSearchParams }): JSX.Element {
  const filter = filterOf(query);
  return (
    <div class="page">
      <div class="page-head">
        <h1>Matches</h1>
      </div>
      <Filters filter={filter} />
      {searchPath(filter, null) === null ? <Latest /> : <Found filter={filter} />}
    </div>
  );
}

/** The matches that moved last, as they stand. */
function Latest(): JSX.Element {
  const { data, problem } = useRest<MatchSummary[]>(`${V1}/matches?limit=200`, { everyMs: LOOK_MS });
  const listed = useStandings(data);
  return (
    <>
      {problem !== null && (data === null || problem.isAway) ? <Trouble problem={problem} what="matches" /> : null}
      {data === null ? (problem === null ? <Loading what="matches" /> : null) : <Lists listed={listed} />}
    </>
  );
}

interface Listed {
  match: MatchSummary;
  standing: Standing;
}

/** The matches, each with how it stands; told anew with each answer. */
function useStandings(data: MatchSummary[] | null): readonly Listed[] {
  const seen = useRef<ReadonlyMap<string, Movement>>(new Map());
  return useMemo(() => {
    const nowMs = Date.now();
    const matches = data ?? [];
    seen.current = moved(seen.current, matches, nowMs);
    return matches.map((match) => ({ match, standing: standing(match, seen.current.get(match.match_id)?.movedMs ?? null, nowMs) }));
  }, [data]);
}

function Lists(props: { listed: readonly Listed[] }): JSX.Element {
  const [inView, setInView] = useState(0);
  const asking: Asking = { inView, came: (cards) => { setInView((before) => before + cards); } };
  const those = (...wanted: Standing[]): Listed[] => props.listed.filter((each) => wanted.includes(each.standing));
  const [running, announced, left, past] = [those("live", "silent"), those("announced"), those("broken_off"), those("over")];
  if (props.listed.length === 0) {
    return <Empty title="No match yet">Send events to the intake, or run <code>make demo</code>: the match is here at once.</Empty>;
  }
  return (
    <>
      <List title="Running" asking={asking} listed={running} empty="No match is running." />
      <List title="Announced" asking={asking} listed={announced} empty={null} />
      <List title="Broken off" asking={asking} listed={left} empty={null} />
      <List title="Finished" asking={asking} listed={past} empty={null} />
      <p class="older"><a class="link" href="#/?status=over">All matches that have ended, page by page</a></p>
    </>
  );
}

/** How many running matches in view are asked about; `came` is told of more, or of less. */
interface Asking {
  inView: number;
  came: (cards: number) => void;
}

function List(props: { title: string; asking: Asking; listed: Listed[]; empty: string | null }): JSX.Element | null {
  if (props.listed.length === 0 && props.empty === null) return null;
  return (
    <section aria-label={`${props.title} matches`}>
      <h2 class="list-title">
        {props.title} <span class="count">{props.listed.length}</span>
      </h2>
      {props.listed.length === 0 ? <p class="muted">{props.empty}</p> : null}
      <ul class="cards">
        {props.listed.map(({ match, standing }) => (
          <li key={match.match_id}>
            <Card match={match} standing={standing} asking={props.asking} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card(props: { match: MatchSummary; standing: Standing; asking: Asking }): JSX.Element {
  const { match, asking } = props;
  const over = props.standing === "over";
  const card = useRef<HTMLAnchorElement>(null);
  const seen = useSeen(card);
  const latest = useRest<Prediction>(over || !seen.wasSeen ? null : matchPath(match.match_id, "/predictions/latest"), { everyMs: chancesMs(asking.inView), isIdle: !seen.isSeen });
  useEffect(() => {
    if (over || !seen.isSeen) return undefined;
    asking.came(1);
    return () => { asking.came(-1); };
  }, [over, seen.isSeen]);
  const side = match.map?.a_side ?? null;
  return (
    <a ref={card} class={`card ${over ? "over" : ""}`} href={matchHash(match.match_id)}>
      <span class="card-head">
        <StandingTag match={match} standing={props.standing} />
        <span class="muted">{place(match)}</span>
        <span class="muted card-format">Best of {match.best_of}</span>
      </span>
      <Row match={match} team="A" />
      <Row match={match} team="B" />
      {latest.data === null ? null : (
        <span class="card-chances">
          <small>Round</small>
          <ChanceBar chance={latest.data.round} aSide={side} label="Round" />
          <small>Series</small>
          <ChanceBar chance={latest.data.series} aSide={side} label="Series" />
        </span>
      )}
      <span class="card-foot muted">
        <Trust match={match} latest={latest} seen={seen} />
        <span>{match.last_ts === null ? "" : moment(match.last_ts)}</span>
      </span>
    </a>
  );
}

function StandingTag(props: { match: MatchSummary; standing: Standing }): JSX.Element {
  const { standing, match } = props;
  const isUnheard = standing === "silent" || standing === "broken_off";
  const title = isUnheard && match.last_ts !== null ? `Nothing has been heard since ${moment(match.last_ts)}` : undefined;
  return <span class={`tag ${standing}`} title={title}>{STANDINGS[standing]}</span>;
}

function Row(props: { match: MatchSummary; team: "A" | "B" }): JSX.Element {
  const { match, team } = props;
  const maps = team === "A" ? match.maps_a : match.maps_b;
  const rounds = match.map === null ? null : team === "A" ? match.map.score_a : match.map.score_b;
  const won = match.series_winner === team;
  const isOneMap = match.best_of === 1 && rounds !== null;
  return (
    <span class={`card-team ${won ? "won" : ""}`}>
      <span class="card-name"><bdi>{teamName(team, match)}</bdi></span>
      {isOver(match) || isOneMap || rounds === null ? null : <span class="card-rounds">{rounds}</span>}
      <span class="card-maps">{isOneMap ? rounds : maps}</span>
    </span>
  );
}

/** What there is to know about how far the figures can be trusted. */
function Trust(props: { match: MatchSummary; latest: Answer<Prediction>; seen: Seen }): JSX.Element {
  if (props.match.is_series_over) return <Finality match={props.match} seen={props.seen} />;
  if (props.match.match_tag === "over") return <span class="warn">ended without a decision</span>;
  const { data, problem } = props.latest;
  if (data === null) return <span>{problem === null ? "" : problem.problem.status === 404 ? "no prediction yet" : "chances unknown"}</span>;
  const { outside } = data;
  if (outside !== null) return <span class="warn" title={outside}>outside of what the model has learned</span>;
  return <span>within the model's support</span>;
}

/** What the batch path has made of the match, where it runs. */
function Finality(props: { match: MatchSummary; seen: Seen }): JSX.Element {
  const { match_id, maps_a, maps_b } = props.match;
  const { data, problem } = useRest<LiveQuality>(props.seen.wasSeen ? matchPath(match_id, "/quality") : null, { everyMs: CLOSED_MS, isIdle: !props.seen.isSeen });
  if (data === null) return <span>{problem === null ? "" : "quality unknown"}</span>;
  return <span>{finality(data.maps, maps_a + maps_b)}</span>;
}

/** The map, where it stands; of a finished series of several maps, and of one that has not begun, nothing. */
function place(match: MatchSummary): string {
  if (match.map === null && match.phase === null) return "";
  const name = mapName(match.map?.name ?? null);
  if (isOver(match)) return match.best_of === 1 ? name : "";
  return `${name} · ${where(match)}`;
}

function where(match: MatchSummary): string {
  const round = match.map?.round_no;
  return round === null || round === undefined ? phaseName(match.phase) : `round ${round}`;
}
