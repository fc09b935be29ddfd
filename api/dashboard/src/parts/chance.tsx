/* A win probability as a bar between the two teams, with its interval. No requests. */

import type { JSX } from "preact";
import type { Probability, Side } from "../contract";
import { otherSide, percent } from "../format";

/** Of a team whose side is not known; A's part is the darker one. */
const NO_SIDE = ["team-a", "team-b"] as const;

/** Team A's part stands left; the pale stretch is the 90 % interval. */
export function ChanceBar(props: { chance: Probability; aSide: Side | null; label: string; isDoubtful?: boolean }): JSX.Element {
  const { chance } = props;
  const [a, b] = props.aSide === null ? NO_SIDE : [props.aSide, otherSide(props.aSide)];
  const interval = { left: `${chance.lo * 100}%`, width: `${(chance.hi - chance.lo) * 100}%` };
  const said = `${props.label}: ${percent(chance.p_a)} % to ${percent(chance.p_b)} %, interval ${percent(chance.lo)} to ${percent(chance.hi)}${props.isDoubtful === true ? ", not to be relied on at present" : ""}`;
  return (
    <div class={`chance ${props.isDoubtful === true ? "doubtful" : ""}`} role="img" aria-label={said}>
      <span class={`chance-figure ${a}`}>{percent(chance.p_a)}</span>
      <span class="chance-bar">
        <span class={`chance-part ${a}`} style={{ width: `${chance.p_a * 100}%` }} />
        <span class={`chance-part ${b}`} style={{ width: `${chance.p_b * 100}%` }} />
        <span class="chance-interval" style={interval} />
        <span class="chance-mark" style={{ left: `${chance.p_a * 100}%` }} />
      </span>
      <span class={`chance-figure ${b}`}>{percent(chance.p_b)}</span>
    </div>
  );
}
