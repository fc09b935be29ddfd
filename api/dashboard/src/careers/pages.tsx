/* Players and teams over all matches: who leads, how one did, on which map. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Career, CareerSplit, DefinitionView, FoundMatch, Known, Leaderboard, SideRecord, TeamDetail, TeamView, WonLost } from "../contract_records";
import { mapName, moment } from "../format";
import { Result } from "../parts/result";
import { Empty, Loading, Trouble } from "../parts/states";
import { usePaced } from "../parts/use_paced";
import { useTitle } from "../parts/use_title";
import { V1 } from "../rest";
import { matchHash, playerHash, teamHash } from "../route";
import { useRest } from "../use_rest";
import { Swings } from "./swings";

const SHOWN: readonly [string, string, number][] = [
  ["kills.enemy", "K", 0],
  ["deaths", "D", 0],
  ["assists", "A", 0],
  ["adr", "ADR", 1],
  ["kast", "KAST", 0],
  ["rating.2.est", "Rating", 2],
];
const ORDERS: Record<string, string> = {
  "rating.2.est": "Rating",
  adr: "Damage a round",
  kast: "KAST",
  "kills.enemy": "Kills",
  "openings.won": "Opening kills",
  "clutches.won": "Clutches won",
  headshots: "Headshots",
  "damage.utility": "Utility damage",
};

const LOOK_MS = 10_000;
/** A name is sought at most so often while it is written. */
const SEEK_MS = 300;

export function PlayersPage(): JSX.Element {
  const [order, setOrder] = useState("rating.2.est");
  const [name, setName] = useState("");
  const board = useRest<Leaderboard>(`${V1}/leaderboard?definition=${order}&least_rounds=10&limit=50`, { everyMs: LOOK_MS });
  const sought = usePaced(name.trim(), SEEK_MS);
  const found = useRest<Known[]>(sought === "" ? null : `${V1}/players?name=${encodeURIComponent(sought)}&limit=50`);
  const definitions = useRest<DefinitionView[]>(`${V1}/definitions`);
  const meaning = definitions.data?.find((each) => each.stat_id === order && each.scope === "map")?.meaning;
  return (
    <div class="page">
      <div class="page-head">
        <h1>Players</h1>
        <label class="search">
          <span class="hidden">Find a player</span>
          <input type="search" placeholder="Find a player" maxLength={128} value={name} onInput={(event) => { setName(event.currentTarget.value); }} />
        </label>
      </div>
      {found.problem === null ? null : <Trouble problem={found.problem} what="list of players" />}
      {found.data === null ? null : <FoundPlayers players={found.data} />}
      <section class="panel stack" aria-label="Leaderboard">
        <header class="panel-head">
          <h2>Leaderboard</h2>
          <label class="select">
            <span class="hidden">Order</span>
            <select value={order} onChange={(event) => { setOrder(event.currentTarget.value); }}>
              {Object.keys(ORDERS).map((each) => (
                <option key={each} value={each}>{ORDERS[each]}</option>
              ))}
            </select>
          </label>
        </header>
        {meaning === undefined ? null : <p class="muted small">{meaning}</p>}
        {board.problem === null ? null : <Trouble problem={board.problem} what="leaderboard" />}
        {board.data === null ? (board.problem === null ? <Loading what="the leaderboard" /> : null) : <Leaders board={board.data} />}
      </section>
      <Swings />
    </div>
  );
}

function FoundPlayers(props: { players: Known[] }): JSX.Element {
  if (props.players.length === 0) return <Empty title="No player of that name" />;
  return (
    <ul class="found">
      {props.players.map((player) => (
        <li key={player.player_id}>
          <a class="card" href={playerHash(player.player_id)}>
            <bdi>{player.name ?? player.player_id}</bdi> <span class="muted small">last seen {moment(player.last_seen_at)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Leaders(props: { board: Leaderboard }): JSX.Element {
  const { board } = props;
  if (board.players.length === 0) return <Empty title="Nobody has played enough">At least {board.least_rounds} rounds count.</Empty>;
  return (
    <div class="board-scroll" role="region" aria-label="Leaders" tabIndex={0}>
      <table class="board">
        <thead>
          <tr>
            <th scope="col">Player</th>
            <th scope="col">Maps</th>
            <th scope="col">Rounds</th>
            <th scope="col">{ORDERS[board.definition] ?? board.definition}</th>
          </tr>
        </thead>
        <tbody>
          {board.players.map((leader) => (
            <tr key={leader.player_id}>
              <th scope="row">
                <span class="place">{leader.place}</span> <a class="link" href={playerHash(leader.player_id)}><bdi>{leader.name ?? leader.player_id}</bdi></a>
              </th>
              <td>{leader.maps}</td>
              <td>{leader.rounds}</td>
              <td>{Number.isInteger(leader.value) ? leader.value : leader.value.toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function PlayerPage(props: { playerId: string }): JSX.Element {
  const { data, problem } = useRest<Career>(`${V1}/players/${encodeURIComponent(props.playerId)}`, { everyMs: LOOK_MS });
  useTitle(data?.player.name ?? null);
  if (data === null) return problem === null ? <Loading what="the career" /> : <Trouble problem={problem} what="player" />;
  const sides = Object.entries(data.by_side).map(([side, split]): StatRow => [sideTitle(side), split, null]);
  const maps = Object.entries(data.by_map).sort((one, other) => other[1].rounds - one[1].rounds);
  return (
    <div class="page">
      <div class="page-head">
        <h1><bdi>{data.player.name ?? data.player.player_id}</bdi></h1>
        <span class="muted">last seen {moment(data.player.last_seen_at)}</span>
      </div>
      {problem === null ? null : <Trouble problem={problem} what="player" />}
      <section class="panel stack" aria-label="Career">
        <header class="panel-head"><h2>All maps together, by side and by map</h2></header>
        <StatTable rows={[["All", data.total, null], ...sides, ...maps.map(([name, split]): StatRow => [mapName(name), split, null])]} />
      </section>
      <section class="panel stack" aria-label="Form">
        <header class="panel-head"><h2>Latest maps</h2></header>
        <StatTable rows={data.form.map((map): StatRow => [`${mapName(map.map_name)}, ${moment(map.last_event_at)}`, { maps: 1, rounds: map.rounds, stats: map.stats }, matchHash(map.match_id)])} />
      </section>
    </div>
  );
}

function sideTitle(side: string): string {
  return side === "ct" ? "As CT" : "As T";
}

/** What it is of, the figures, and where it leads. */
type StatRow = [string, CareerSplit, string | null];

function StatTable(props: { rows: StatRow[] }): JSX.Element {
  if (props.rows.length === 0) return <Empty title="No map has been told yet" />;
  return (
    <div class="board-scroll" role="region" aria-label="Statistics" tabIndex={0}>
      <table class="board">
        <thead>
          <tr>
            <th scope="col">Map</th>
            <th scope="col">Maps</th>
            <th scope="col">Rounds</th>
            {SHOWN.map(([id, title]) => (
              <th key={id} scope="col">{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map(([title, split, href]) => (
            <tr key={title}>
              <th scope="row">{href === null ? title : <a class="link" href={href}>{title}</a>}</th>
              <td>{split.maps}</td>
              <td>{split.rounds}</td>
              {SHOWN.map(([id, , decimals]) => (
                <td key={id}>{split.stats[id] === undefined ? "–" : split.stats[id].toFixed(decimals)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function TeamsPage(): JSX.Element {
  const [name, setName] = useState("");
  const sought = usePaced(name.trim(), SEEK_MS);
  const { data, problem } = useRest<TeamView[]>(`${V1}/teams?name=${encodeURIComponent(sought)}&limit=100`, { everyMs: LOOK_MS });
  return (
    <div class="page">
      <div class="page-head">
        <h1>Teams</h1>
        <label class="search">
          <span class="hidden">Find a team</span>
          <input type="search" placeholder="Find a team" maxLength={128} value={name} onInput={(event) => { setName(event.currentTarget.value); }} />
        </label>
      </div>
      {problem === null ? null : <Trouble problem={problem} what="teams" />}
      {data === null && problem === null ? <Loading what="teams" /> : null}
      {data?.length === 0 ? <Empty title="No team of that name" /> : null}
      <ul class="found">
        {data?.map((team) => (
          <li key={team.team_id}>
            <a class="card" href={teamHash(team.team_id)}>
              <bdi>{team.name}</bdi> <span class="muted small">last seen {moment(team.last_seen_at)}</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function TeamPage(props: { teamId: string }): JSX.Element {
  const { data, problem } = useRest<TeamDetail>(`${V1}/teams/${encodeURIComponent(props.teamId)}`, { everyMs: LOOK_MS });
  useTitle(data?.team.name ?? null);
  if (data === null) return problem === null ? <Loading what="the team" /> : <Trouble problem={problem} what="team" />;
  const sides = Object.entries(data.by_side).map(([side, record]): RecordRow => [sideTitle(side), record]);
  const records: RecordRow[] = [["All", data.record], ...sides, ...Object.entries(data.by_map).map(([name, record]): RecordRow => [mapName(name), record])];
  return (
    <div class="page">
      <div class="page-head">
        <h1><bdi>{data.team.name}</bdi></h1>
        <span class="muted">over its latest matches</span>
      </div>
      {problem === null ? null : <Trouble problem={problem} what="team" />}
      <section class="panel stack" aria-label="Record">
        <header class="panel-head"><h2>Record: all, by side and by map</h2></header>
        <RecordTable records={records} />
      </section>
      <section class="panel stack" aria-label="Matches">
        <header class="panel-head"><h2>Latest matches</h2></header>
        <ul class="results">
          {data.matches.map((match) => (
            <li key={match.match_id}>
              <Row match={match} teamId={data.team.team_id} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

/** What it is of, and the figures; of a side there are rounds alone. */
type RecordRow = [string, WonLost | SideRecord];

function RecordTable(props: { records: RecordRow[] }): JSX.Element {
  return (
    <div class="board-scroll" role="region" aria-label="Record" tabIndex={0}>
      <table class="board">
        <thead>
          <tr>
            <th scope="col">Map</th>
            <th scope="col">Maps won</th>
            <th scope="col">Maps lost</th>
            <th scope="col">Rounds won</th>
            <th scope="col">Rounds lost</th>
          </tr>
        </thead>
        <tbody>
          {props.records.map(([title, record]) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              <td>{"maps_won" in record ? record.maps_won : "–"}</td>
              <td>{"maps_lost" in record ? record.maps_lost : "–"}</td>
              <td>{record.rounds_won}</td>
              <td>{record.rounds_lost}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { match: FoundMatch; teamId: string }): JSX.Element {
  const { match } = props;
  const own = match.team_a_id === props.teamId ? "A" : "B";
  const word = match.winner_team === null ? (match.status === "live" ? "running" : "open") : match.winner_team === own ? "won" : "lost";
  return <Result match={match} tag={{ kind: word === "running" ? "live" : null, word }} note={`best of ${match.best_of}, ${moment(match.plays_at)}`} />;
}
