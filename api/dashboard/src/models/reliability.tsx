/* A reliability diagram: what was said against how often it came true. */

import type { JSX } from "preact";
import type { Reliability } from "../contract_records";
import { percent } from "../format";

const SIZE = 220;
const EDGE = 26;
const SPAN = SIZE - EDGE - 8;

export function ReliabilityDiagram(props: { told: Reliability }): JSX.Element {
  const { told } = props;
  const most = Math.max(1, ...told.bins.map((bin) => bin.states));
  const title = told.slice === "" ? told.model_version : told.slice;
  return (
    <figure class="diagram">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={`${title}: ${told.bins.map((bin) => `said ${percent(bin.mean_p, 0)}, came ${percent(bin.share_won, 0)} %`).join("; ")}`}>
        {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
          <g key={tick} class="tick">
            <line x1={x(tick)} y1={y(0)} x2={x(tick)} y2={y(1)} />
            <line x1={x(0)} y1={y(tick)} x2={x(1)} y2={y(tick)} />
            <text x={x(tick)} y={SIZE - 8} text-anchor="middle">{tick * 100}</text>
            <text x={EDGE - 5} y={y(tick) + 3} text-anchor="end">{tick * 100}</text>
          </g>
        ))}
        <line class="ideal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
        {told.bins.map((bin) => (
          <g key={bin.from_p} class="bin">
            <title>{`Said ${percent(bin.mean_p)} %, came true ${percent(bin.share_won)} % (${percent(bin.lo)} to ${percent(bin.hi)}), ${bin.states} states of ${bin.units}`}</title>
            <line x1={x(bin.mean_p)} y1={y(bin.lo)} x2={x(bin.mean_p)} y2={y(bin.hi)} />
            <circle cx={x(bin.mean_p)} cy={y(bin.share_won)} r={2.5 + 4.5 * Math.sqrt(bin.states / most)} />
          </g>
        ))}
      </svg>
      <figcaption>
        <b>{title}</b>
        <span class="muted small">
          {told.states.toLocaleString("en-US")} states, log loss {told.log_loss.toFixed(3)}, calibration error {(told.ece * 100).toFixed(1)}
        </span>
      </figcaption>
    </figure>
  );
}

function x(share: number): number {
  return EDGE + share * SPAN;
}

function y(share: number): number {
  return 6 + (1 - share) * SPAN;
}
