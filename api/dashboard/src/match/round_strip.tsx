/* The rounds of a map in their order, with who won and how each ended; a click plays it. */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import type { RoundView } from "../contract";
import { endingName, isolated, sideName, teamName } from "../format";
import { Ending } from "../parts/icons";
import { matchHash } from "../route";
import type { Cast } from "./cast";
import { beginsHalf, cellsOf, USUAL } from "./halves";
import type { PlayedMap } from "./maps";

interface Strip {
  matchId: string;
  cast: Cast;
  map: PlayedMap;
  rounds: RoundView[];
  /** The number of the round that runs. */
  running: number | null;
}

export const RoundStrip = memo(function RoundStrip(props: Strip): JSX.Element {
  const { cast, rounds, running } = props;
  const rules = cast.map?.rules ?? USUAL;
  const numbers = cellsOf(rules, rounds, running);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const cell = list.current?.children[(running ?? rounds.length) - 1];
    if (list.current !== null && cell instanceof HTMLElement) list.current.scrollLeft = cell.offsetLeft - list.current.clientWidth / 2;
  }, [running, rounds.length]);
  return (
    <section class="panel area-rounds" aria-label="Rounds">
      <div class="strip">
        <div class="strip-names">
          <span title={teamName("A", cast)}><bdi>{teamName("A", cast)}</bdi></span>
          <span title={teamName("B", cast)}><bdi>{teamName("B", cast)}</bdi></span>
        </div>
        <ol class="strip-rounds" ref={list} style={{ "--rounds": numbers.length }}>
          {numbers.map((number) => (
            <Cell key={number} number={number} round={rounds.find((each) => each.round_no === number)} strip={props} isRunning={number === running} isHalf={beginsHalf(number, rules)} />
          ))}
        </ol>
      </div>
    </section>
  );
});

function Cell(props: { number: number; round: RoundView | undefined; strip: Strip; isRunning: boolean; isHalf: boolean }): JSX.Element {
  const { number, round } = props;
  const { matchId, cast, map } = props.strip;
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
  const title = round === undefined ? `Round ${number} is running` : `Round ${number}: ${isolated(teamName(round.winner_team, cast))} (${sideName(round.winner_side)}). ${endingName(round.reason)}. ${round.score_a}:${round.score_b}`;
  const mark = round === undefined ? null : <Ending reason={round.reason} title={title} />;
  return (
    <li class={shape}>
      <a href={matchHash(matchId, "replay", { map: String(map.number), round: String(number) })} title={title} aria-label={`${title}. Play it`}>
        <span class={`round-slot ${round?.winner_team === "A" ? round.winner_side : ""}`}>{round?.winner_team === "A" ? mark : null}</span>
        <span class="round-no">{number}</span>
        <span class={`round-slot ${round?.winner_team === "B" ? round.winner_side : ""}`}>{round?.winner_team === "B" ? mark : null}</span>
      </a>
    </li>
  );
}
