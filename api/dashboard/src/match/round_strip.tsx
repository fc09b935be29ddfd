/* The rounds of a map in their order, with who won and how each ended; a click plays it. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { RoundView } from "../contract";
import { endingName, sideName, teamName } from "../format";
import { Ending } from "../parts/icons";
import { matchHash } from "../route";
import type { PlayedMap } from "./maps";
import type { Watched } from "./page";

export function RoundStrip(props: { watched: Watched; map: PlayedMap; rounds: RoundView[] }): JSX.Element {
  const { watched, map, rounds } = props;
  const { state } = watched;
  const half = (state.map?.rules.max_rounds ?? 24) / 2;
  const running = map.isRunning && state.round?.ended_at === null ? state.round.number : null;
  const most = Math.max(half * 2, ...rounds.map((round) => round.round_no));
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const cell = list.current?.children[(running ?? rounds.length) - 1];
    if (list.current !== null && cell instanceof HTMLElement) list.current.scrollLeft = cell.offsetLeft - list.current.clientWidth / 2;
  }, [running, rounds.length]);
  const numbers = Array.from({ length: most }, (_, at) => at + 1);
  return (
    <section class="panel area-rounds" aria-label="Rounds">
      <div class="strip">
        <div class="strip-names">
          <span title={teamName("A", state)}>{teamName("A", state)}</span>
          <span title={teamName("B", state)}>{teamName("B", state)}</span>
        </div>
        <ol class="strip-rounds" ref={list} style={{ "--rounds": most }}>
          {numbers.map((number) => (
            <Cell key={number} number={number} round={rounds.find((each) => each.round_no === number)} watched={watched} map={map} isRunning={number === running} isHalf={number === half + 1 || (number > half * 2 && (number - 1) % 3 === 0)} />
          ))}
        </ol>
      </div>
    </section>
  );
}

function Cell(props: { number: number; round: RoundView | undefined; watched: Watched; map: PlayedMap; isRunning: boolean; isHalf: boolean }): JSX.Element {
  const { number, round, watched, map } = props;
  const shape = `strip-round ${props.isRunning ? "running" : ""} ${props.isHalf ? "half" : ""}`;
  if (round === undefined && !props.isRunning) {
    return (
      <li class={`${shape} ahead`} aria-hidden="true">
        <span class="round-slot" />
        <span class="round-no">{number}</span>
        <span class="round-slot" />
      </li>
    );
  }
  const title = round === undefined ? `Round ${number} is running` : `Round ${number}: ${teamName(round.winner_team, watched.state)} (${sideName(round.winner_side)}). ${endingName(round.reason)}. ${round.score_a}:${round.score_b}`;
  const mark = round === undefined ? null : <Ending reason={round.reason} title={title} />;
  return (
    <li class={shape}>
      <a href={matchHash(watched.matchId, "replay", { map: String(map.number), round: String(number) })} title={title} aria-label={`${title}. Play it`}>
        <span class={`round-slot ${round?.winner_team === "A" ? round.winner_side : ""}`}>{round?.winner_team === "A" ? mark : null}</span>
        <span class="round-no">{number}</span>
        <span class={`round-slot ${round?.winner_team === "B" ? round.winner_side : ""}`}>{round?.winner_team === "B" ? mark : null}</span>
      </a>
    </li>
  );
}
