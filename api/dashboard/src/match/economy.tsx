/* What both teams brought into each round, in dollars of equipment. */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import type { Round, RoundView, Side } from "../contract";
import { dollars, isolated, otherSide, teamName } from "../format";
import { Empty } from "../parts/states";
import type { Cast } from "./cast";

const HEIGHT = 76;
const WIDTH = 40;

interface Buy {
  number: number;
  a: number;
  b: number;
  aSide: Side | null;
  said: string;
}

/** `running` is the round that `rounds` do not have yet. */
export const EconomyChart = memo(function EconomyChart(props: { cast: Cast; running: Round | null; rounds: RoundView[] }): JSX.Element {
  const { cast, rounds } = props;
  const buys = [...rounds.map((round) => told(round, cast)), ...running(props.running, cast, rounds)].filter((each): each is Buy => each !== null);
  const most = Math.max(10_000, ...buys.flatMap((buy) => [buy.a, buy.b]));
  return (
    <section class="panel area-economy" aria-label="Economy">
      <header class="panel-head">
        <h2>Equipment</h2>
        <span class="muted small">at the end of freeze time; above <bdi>{teamName("A", cast)}</bdi>, below <bdi>{teamName("B", cast)}</bdi></span>
      </header>
      {buys.length === 0 ? (
        <Empty title="No buy is known yet" />
      ) : (
        <div class="economy" role="region" aria-label="Equipment by round" tabIndex={0}>
          <svg viewBox={`0 0 ${Math.max(24, buys.length) * WIDTH} ${2 * HEIGHT + 20}`} role="list" aria-label="Rounds">
            {buys.map((buy, at) => (
              <Bars key={buy.number} buy={buy} x={at * WIDTH} most={most} />
            ))}
          </svg>
        </div>
      )}
    </section>
  );
});

function Bars(props: { buy: Buy; x: number; most: number }): JSX.Element {
  const { buy, x, most } = props;
  const [up, down] = [(buy.a / most) * (HEIGHT - 4), (buy.b / most) * (HEIGHT - 4)];
  return (
    <g role="listitem" aria-label={buy.said}>
      <title>{buy.said}</title>
      <rect class="hit" x={x} y={0} width={WIDTH} height={2 * HEIGHT + 20} />
      <rect class={buy.aSide ?? "no-side"} x={x + 8} y={HEIGHT - up} width={WIDTH - 16} height={up} rx={2} />
      <text x={x + WIDTH / 2} y={HEIGHT + 14} text-anchor="middle">{buy.number}</text>
      <rect class={buy.aSide === null ? "no-side" : otherSide(buy.aSide)} x={x + 8} y={HEIGHT + 20} width={WIDTH - 16} height={down} rx={2} />
    </g>
  );
}

function told(round: RoundView, cast: Cast): Buy | null {
  const [a, b] = [round.equipment_a ?? null, round.equipment_b ?? null];
  if (a === null || b === null) return null;
  const one = `${isolated(teamName("A", cast))} ${dollars(a)}${kind(round.economy_a ?? null)}`;
  const other = `${isolated(teamName("B", cast))} ${dollars(b)}${kind(round.economy_b ?? null)}`;
  return { number: round.round_no, a, b, aSide: round.a_side ?? null, said: `Round ${round.round_no}: ${one}; ${other}` };
}

function kind(economy: string | null): string {
  return economy === null ? "" : ` (${economy.replace(/_/g, " ")})`;
}

function running(round: Round | null, cast: Cast, rounds: RoundView[]): Buy[] {
  if (round === null || round.equipment_a === null || round.equipment_b === null) return [];
  if (round.live_at === null || rounds.some((each) => each.round_no === round.number)) return [];
  const said = `Round ${round.number}, running: ${dollars(round.equipment_a)} against ${dollars(round.equipment_b)}`;
  return [{ number: round.number, a: round.equipment_a, b: round.equipment_b, aSide: cast.map?.a_side ?? null, said }];
}
