/* The players of a team as they stand at the moment that is shown. */

import type { JSX } from "preact";
import type { Side, Team } from "../contract";
import { dollars, sideName, teamName, weaponName } from "../format";
import type { Watched } from "../match/page";
import { Health } from "../match/scoreboard";
import { BombMark, Helmet, Pliers, Shield, Skull } from "../parts/icons";
import type { Figure, Scene } from "./scene";

interface Props {
  team: Team;
  side: Side;
  watched: Watched;
  scene: Scene;
  focus: string | null;
  look: (playerId: string | null) => void;
}

export function TeamPanel(props: Props): JSX.Element {
  const { team, side, watched, scene, focus, look } = props;
  const figures = scene.figures.filter((figure) => watched.state.players[figure.playerId]?.team === team);
  const alive = figures.filter((figure) => figure.isAlive).length;
  return (
    <section class={`panel team-panel ${side} team-${team.toLowerCase()}`} aria-label={teamName(team, watched.state)}>
      <header>
        <span class={`side ${side}`}>{sideName(side)}</span>
        <h2><bdi>{teamName(team, watched.state)}</bdi></h2>
        <span class="muted">{alive} alive</span>
      </header>
      <ul>
        {figures.map((figure) => (
          <li key={figure.playerId}>
            <button type="button" class={`figure ${figure.isAlive ? "" : "dead"}`} aria-pressed={focus === figure.playerId} title="Mark in the picture" onClick={() => { look(focus === figure.playerId ? null : figure.playerId); }}>
              <span class="figure-name"><bdi>{watched.state.players[figure.playerId]?.name ?? figure.playerId}</bdi></span>
              <span class="figure-gear">
                <Gear figure={figure} />
              </span>
              <HealthOf figure={figure} side={side} />
              <span class="figure-weapon">{figure.isAlive ? weaponName(figure.weapon) : ""}</span>
              <span class="figure-money">{dollars(figure.money)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function HealthOf(props: { figure: Figure; side: Side }): JSX.Element {
  const { figure, side } = props;
  if (!figure.isAlive) return <span class="muted"><Skull title="Dead" /></span>;
  return figure.health === null ? <span class="muted" title="Health unknown">–</span> : <Health points={figure.health} side={side} />;
}

function Gear(props: { figure: Figure }): JSX.Element | null {
  const { figure } = props;
  if (!figure.isAlive) return null;
  return (
    <>
      {(figure.armor ?? 0) > 0 ? figure.hasHelmet ? <Helmet title={`Armour ${figure.armor} and helmet`} /> : <Shield title={`Armour ${figure.armor}`} /> : null}
      {figure.hasKit ? <Pliers title="Defuse kit" /> : null}
      {figure.hasBomb ? <span class="bomb-carried"><BombMark title="Bomb" /></span> : null}
    </>
  );
}
