/* Players by how much they moved the round's win probability for their team, each with his best moment. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SwingLeaderboard } from "../contract_records";
import { causeName, mapName, percent, points } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { V1 } from "../rest";
import { matchHash, playerHash } from "../route";
import { useRest } from "../use_rest";

type By = "best" | "total" | "round";
type Leader = SwingLeaderboard["players"][number];
const ORDERS: readonly [By, string][] = [
  ["best", "Best moment"],
  ["total", "Sum"],
  ["round", "A round"],
];
const LOOK_MS = 10_000;

export function Swings(): JSX.Element {
  const [by, setBy] = useState<By>("best");
  const { data, problem } = useRest<SwingLeaderboard>(`${V1}/leaderboard/swings?by=${by}&least_rounds=10&limit=20`, { everyMs: LOOK_MS });
  return (
    <section class="panel stack" aria-label="Swings">
      <header class="panel-head">
        <h2>Swings</h2>
        <div class="segments small" role="group" aria-label="Order of swings">
          {ORDERS.map(([each, title]) => (
            <button key={each} type="button" aria-pressed={by === each} onClick={() => { setBy(each); }}>{title}</button>
          ))}
        </div>
      </header>
      <p class="muted small">Points of the round's win probability that a player is credited with, for his own team.</p>
      {problem === null ? null : <Trouble problem={problem} what="swings" />}
      {data === null ? (problem === null ? <Loading what="swings" /> : null) : <Leaders board={data} />}
    </section>
  );
}

function Leaders(props: { board: SwingLeaderboard }): JSX.Element {
  const { players } = props.board;
  if (players.length === 0) return <Empty title="Nobody has played enough">At least {props.board.least_rounds} rounds count.</Empty>;
  return (
    <div class="board-scroll" role="region" aria-label="Leaders by swings" tabIndex={0}>
      <table class="board">
        <thead>
          <tr>
            <th scope="col">Player</th>
            <th scope="col">Best</th>
            <th scope="col">Sum</th>
            <th scope="col">A round</th>
            <th scope="col">Best moment</th>
          </tr>
        </thead>
        <tbody>
          {players.map((leader) => (
            <tr key={leader.player_id}>
              <th scope="row">
                <span class="place">{leader.place}</span> <a class="link" href={playerHash(leader.player_id)}><bdi>{leader.name ?? leader.player_id}</bdi></a>
              </th>
              <td class="gain">{points(leader.best.credit)}</td>
              <td>{points(leader.total)}</td>
              <td>{points(leader.per_round)}</td>
              <td><Moment leader={leader} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The chances of his team: it is the one whose chance went the way of his credit. */
function ownChances(best: Leader["best"]): [number, number] {
  const isTeamA = best.p_a_after >= best.p_a_before === best.credit >= 0;
  return isTeamA ? [best.p_a_before, best.p_a_after] : [1 - best.p_a_before, 1 - best.p_a_after];
}

function Moment(props: { leader: Leader }): JSX.Element {
  const { best } = props.leader;
  const isPlayable = best.map_number !== null && best.round_no !== null;
  const address = isPlayable ? matchHash(best.match_id, "replay", { map: String(best.map_number), round: String(best.round_no) }) : matchHash(best.match_id);
  const where = best.round_no === null ? mapName(best.map_name) : `${mapName(best.map_name)}, round ${best.round_no}`;
  const [before, after] = ownChances(best);
  return (
    <a class="link" href={address}>
      {causeName(best.cause)}, {where}: {percent(before)} to {percent(after)}
    </a>
  );
}
