/* The moments that moved the round's probability most, and who is credited. */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import type { Side } from "../contract";
import { causeName, percent, points, sideOf } from "../format";
import { Empty, Loading } from "../parts/states";
import type { Cast } from "./cast";
import { Name } from "./kill_feed";
import type { Move } from "./swings";

const SHOWN = 40;

export const SwingList = memo(function SwingList(props: { cast: Cast; aSides: Map<number, Side | null>; moves: Move[]; isLoaded: boolean; isAwaited: boolean }): JSX.Element {
  const [order, setOrder] = useState<"newest" | "greatest">("newest");
  const sorted = order === "newest" ? [...props.moves].reverse() : [...props.moves].sort((one, other) => Math.abs(other.change) - Math.abs(one.change));
  return (
    <section class="panel area-swings" aria-label="Swings">
      <header class="panel-head">
        <h2>Swings</h2>
        <div class="segments small" role="group" aria-label="Order">
          <button type="button" aria-pressed={order === "newest"} onClick={() => { setOrder("newest"); }}>Newest</button>
          <button type="button" aria-pressed={order === "greatest"} onClick={() => { setOrder("greatest"); }}>Greatest</button>
        </div>
      </header>
      {sorted.length === 0 && props.isLoaded ? <Empty title="Nothing has moved the probability yet" /> : null}
      {sorted.length === 0 && props.isAwaited ? <Loading what="swings" /> : null}
      <ol class="feed-list" tabIndex={0} aria-label={`Swings, ${order} first`}>
        {sorted.slice(0, SHOWN).map((move) => (
          <li key={move.seq}>
            <SwingLine move={move} cast={props.cast} aSide={props.aSides.get(move.roundNo ?? 0) ?? null} />
          </li>
        ))}
      </ol>
    </section>
  );
});

/** Whether somebody did it to somebody: a plant is nobody's loss in particular. */
function isDuel(move: Move): boolean {
  return !move.cause.startsWith("bomb");
}

function SwingLine(props: { move: Move; cast: Cast; aSide: Side | null }): JSX.Element {
  const { move, cast, aSide } = props;
  const [first, last] = [move.credits[0], move.credits.at(-1)];
  const side = (id: string): Side | null => (aSide === null ? null : sideOf(cast.players[id]?.team ?? null, aSide));
  return (
    <div class="swing">
      <span class="kill-time">R{move.roundNo ?? "–"}</span>
      <span class="swing-what">
        {causeName(move.cause)}{" "}
        {first === undefined ? null : <Name id={first[0]} side={side(first[0])} cast={cast} />}
        {last === undefined || last[1] > -0.01 || !isDuel(move) ? null : <span class="muted"> on <Name id={last[0]} side={side(last[0])} cast={cast} /></span>}
      </span>
      <span class="swing-range muted">
        {percent(move.before, 0)} → {percent(move.after, 0)}
      </span>
      <span class={`kill-swing ${move.change > 0 ? "gain" : "loss"}`}>{points(move.change)}</span>
    </div>
  );
}
