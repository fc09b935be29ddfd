/* All players with their live numbers, by team. */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useMemo } from "preact/hooks";
import type { MapLine, Player, PlayerPosition, PlayerView, Side, Team } from "../contract";
import { dollars, otherSide, sideName, teamName, weaponName } from "../format";
import { Helmet, Pliers, Shield, Skull } from "../parts/icons";
import { hasPlayed, lineOf, type Killing, type Line } from "./kills";
import type { PlayedMap } from "./maps";
import type { Watched } from "./page";

interface Row {
  player: Player;
  line: Line;
  weapon: string;
}

/** `aSide` is null where the map does not run: its players have stood on both. Only who played it is in it then. */
export function Scoreboard(props: { watched: Watched; map: PlayedMap; aSide: Side | null; players: PlayerView[] | null; kills: Killing[] }): JSX.Element {
  const { watched, map, aSide, players, kills } = props;
  const { state } = watched;
  const weapons = new Map(watched.live.feed.positions.map((each: PlayerPosition) => [each.player_id, each.weapon]));
  const ids = Object.keys(state.players).join();
  const lines = useMemo(() => {
    const told = (id: string): MapLine | undefined => players?.find((each) => each.player_id === id)?.maps?.find((line) => line.map_id === map.mapId);
    const shown = Object.keys(state.players).filter((id) => map.isRunning || hasPlayed(id, told(id), kills));
    return new Map(shown.map((id) => [id, lineOf(id, told(id), kills)]));
  }, [ids, players, kills, map.mapId, map.isRunning]);
  const rows = (team: Team): Row[] =>
    Object.values(state.players)
      .filter((player) => player.team === team && (player.is_connected || !map.isRunning))
      .flatMap((player) => {
        const line = lines.get(player.player_id);
        return line === undefined ? [] : [{ player, line, weapon: weaponName(weapons.get(player.player_id)) }];
      })
      .sort((one, other) => (other.line.rating ?? 0) - (one.line.rating ?? 0) || other.line.kills - one.line.kills);
  return (
    <section class="panel area-board" aria-label="Scoreboard">
      <TeamTable title={teamName("A", state)} side={aSide} rows={rows("A")} />
      <TeamTable title={teamName("B", state)} side={aSide === null ? null : otherSide(aSide)} rows={rows("B")} />
    </section>
  );
}

function TeamTable(props: { title: string; side: Side | null; rows: Row[] }): JSX.Element {
  const alive = props.rows.filter((row) => row.player.is_alive).length;
  const worth = props.rows.reduce((sum, row) => sum + (row.player.is_alive ? row.player.equipment_value : 0), 0);
  return (
    <div class="board-scroll" role="region" aria-label={`Players of ${props.title}`} tabIndex={0}>
      <table class="board">
        <caption>
          {props.side === null ? null : <><span class={`side ${props.side}`}>{sideName(props.side)}</span>{" "}</>}
          <bdi>{props.title}</bdi>
          {props.side !== null ? (
            <span class="muted">
              {alive} alive · {dollars(worth)} equipment
            </span>
          ) : null}
        </caption>
        <thead>
          <tr>
            <th scope="col">Player</th>
            {props.side === null ? null : <LiveHeads />}
            <th scope="col"><abbr title="Kills">K</abbr></th>
            <th scope="col"><abbr title="Deaths">D</abbr></th>
            <th scope="col"><abbr title="Assists">A</abbr></th>
            <th scope="col"><abbr title="Damage a round, after finished rounds">ADR</abbr></th>
            <th scope="col"><abbr title="Rounds with a kill, an assist, survival or a trade">KAST</abbr></th>
            <th scope="col"><abbr title="Rating, an estimate of version 2.0">Rating</abbr></th>
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <PlayerRow key={row.player.player_id} {...row} side={props.side} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LiveHeads(): JSX.Element {
  return (
    <>
      <th scope="col" class="health-col">Health</th>
      <th scope="col" class="kit-col"><abbr title="Armour, helmet, kit">Gear</abbr></th>
      <th scope="col" class="weapon-col">Weapon</th>
      <th scope="col">Money</th>
      <th scope="col"><abbr title="Equipment at the end of freeze time">Equip.</abbr></th>
    </>
  );
}

const PlayerRow = memo(function PlayerRow(props: Row & { side: Side | null }): JSX.Element {
  const { player, line, weapon, side } = props;
  return (
    <tr class={side !== null && !player.is_alive ? "dead" : ""}>
      <th scope="row">
        <bdi>{player.name ?? player.player_id}</bdi>
        {player.is_bot ? <span class="tag">bot</span> : null}
      </th>
      {side === null ? null : <LiveCells player={player} side={side} weapon={weapon} />}
      <td>{line.kills}</td>
      <td>{line.deaths}</td>
      <td>{line.assists}</td>
      <td>{line.adr === null ? "–" : line.adr.toFixed(1)}</td>
      <td>{line.kast === null ? "–" : line.kast.toFixed(0)}</td>
      <td class={line.rating === null ? "" : line.rating >= 1.1 ? "high" : line.rating < 0.9 ? "low" : ""}>{line.rating === null ? "–" : line.rating.toFixed(2)}</td>
    </tr>
  );
});

function LiveCells(props: { player: Player; side: Side; weapon: string }): JSX.Element {
  const { player } = props;
  const armour = player.armor > 0 ? (player.has_helmet ? <Helmet title="Armour and helmet" /> : <Shield title="Armour" />) : null;
  return (
    <>
      <td class="health-col">
        {player.is_alive ? <Health points={player.health} side={props.side} /> : <span class="muted"><Skull title="Dead" /></span>}
      </td>
      <td class="kit-col">
        {player.is_alive ? armour : null}
        {player.is_alive && player.has_kit ? <Pliers title="Defuse kit" /> : null}
      </td>
      <td class="weapon-col">{player.is_alive ? props.weapon : ""}</td>
      <td>{dollars(player.money)}</td>
      <td>{player.is_alive ? dollars(player.equipment_value) : "–"}</td>
    </>
  );
}

export function Health(props: { points: number; side: Side }): JSX.Element {
  return (
    <span class="health" role="img" aria-label={`${props.points} health`}>
      <span class="health-bar">
        <span class={props.points <= 25 ? "low" : props.side} style={{ width: `${props.points}%` }} />
      </span>
      <span class="health-points">{props.points}</span>
    </span>
  );
}
