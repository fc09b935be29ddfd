/* What if: the running round with something changed, and how the three chances move. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { BombChange, Horizon, MatchState, Player, PlayerChange, Probability, Side, Team, WhatIfView } from "../contract";
import { clock, isolated, otherSide, percent, points, sideName, teamName } from "../format";
import { clocks } from "../match/clocks";
import { HORIZONS } from "../match/curve";
import type { Watched } from "../match/page";
import { ChanceBar } from "../parts/chance";
import { Empty } from "../parts/states";
import { bombOf, isEmpty, NOTHING, withBomb, withFigure, withPlayer, type Question, type Figure as TeamFigure } from "./question";
import { useAnswer, type Answer } from "./use_answer";

export default function WhatIfPage(props: { watched: Watched }): JSX.Element {
  const { state, matchId } = props.watched;
  const [held, setHeld] = useState<{ key: string; question: Question }>({ key: "", question: NOTHING });
  const { map, round } = state;
  const key = `${map?.map_id}/${round?.number}`;
  const question = held.key === key ? held.question : NOTHING;
  const ask = (next: Question): void => { setHeld({ key, question: next }); };
  const isRunning = map !== null && round !== null && round.ended_at === null && !map.is_over;
  const answer = useAnswer(matchId, key, isRunning ? question : null);
  if (!isRunning) return <Empty title="No round is running">A question changes the running round. It can be asked again when the next one begins.</Empty>;
  const forms = { state, question, ask };
  return (
    <div class="what-if">
      <Outcome answer={answer} aSide={map.a_side} isChanged={!isEmpty(question)} reset={() => { ask(NOTHING); }} state={state} />
      <TeamForm {...forms} team="A" side={map.a_side} />
      <TeamForm {...forms} team="B" side={otherSide(map.a_side)} />
      <ClockForm {...forms} />
      <ScoreForm {...forms} />
    </div>
  );
}

interface Form {
  state: MatchState;
  question: Question;
  ask: (question: Question) => void;
}

const NAMES: Record<Horizon, string> = { round: "Round", map: "Map", series: "Series" };

function Outcome(props: { answer: Answer; aSide: Side; isChanged: boolean; reset: () => void; state: MatchState }): JSX.Element {
  const { answer, aSide } = props;
  const { view, problem } = answer;
  return (
    <section class="panel outcome" aria-label="Answer" aria-busy={answer.isAsking}>
      <header class="panel-head">
        <h2>
          <bdi>{teamName("A", props.state)}</bdi> against <bdi>{teamName("B", props.state)}</bdi>, round {props.state.round?.number}
        </h2>
        <button type="button" onClick={props.reset} disabled={!props.isChanged}>Take it all back</button>
      </header>
      {problem === null ? null : <Refusal title={titleOf(problem.problem.type)} detail={problem.problem.reason} field={problem.problem.field} />}
      {view === null ? (
        <p class="muted">{problem === null ? "The model is asked…" : "There is no answer to show."}</p>
      ) : (
        <>
          <p class="hidden" aria-live="polite">{answer.first === null ? "" : spoken(answer.first)}</p>
          <div class={`outcome-rows ${problem === null ? "" : "old"}`}>
            {HORIZONS.map((horizon) => (
              <OutcomeRow key={horizon} name={NAMES[horizon]} before={view.before[horizon]} after={view.after[horizon]} aSide={aSide} />
            ))}
          </div>
          <p class="muted small">
            After event {view.seq}, by {view.model_version}. {props.isChanged ? "The round goes on; the question is asked again with it." : "Nothing is changed yet: take somebody out below."}
          </p>
        </>
      )}
    </section>
  );
}

/** The answer in a line, for who does not see the bars. */
function spoken(view: WhatIfView): string {
  return HORIZONS.map((horizon) => `${NAMES[horizon]} ${percent(view.after[horizon].p_a)} %, ${points(view.after[horizon].p_a - view.before[horizon].p_a)} points`).join("; ");
}

function OutcomeRow(props: { name: string; before: Probability; after: Probability; aSide: Side }): JSX.Element {
  const change = props.after.p_a - props.before.p_a;
  return (
    <div class="outcome-row" data-horizon={props.name.toLowerCase()}>
      <h3>{props.name}</h3>
      <div class="outcome-bars">
        <span class="muted small">before</span>
        <ChanceBar chance={props.before} aSide={props.aSide} label={`${props.name} before`} />
        <span class="small">after</span>
        <ChanceBar chance={props.after} aSide={props.aSide} label={`${props.name} after`} />
      </div>
      <div class={`outcome-change ${change > 0.0005 ? "gain" : change < -0.0005 ? "loss" : "muted"}`}>
        {points(change)}
        <small class="muted">
          {percent(props.after.lo, 0)}–{percent(props.after.hi, 0)}
        </small>
      </div>
    </div>
  );
}

function titleOf(type: string): string {
  if (type.endsWith("outside-support")) return "The model has not learned from such a state";
  if (type.endsWith("cannot-be")) return "That cannot be";
  return "No answer";
}

function Refusal(props: { title: string; detail: string; field: string }): JSX.Element {
  return (
    <div class="refusal" role="alert">
      <strong>{props.title}</strong>
      <span>{props.detail}</span>
      {props.field === "" ? null : <code>{props.field}</code>}
    </div>
  );
}

function TeamForm(props: Form & { team: Team; side: Side }): JSX.Element {
  const { state, question, team, side } = props;
  const players = Object.values(state.players).filter((player) => player.team === team && player.is_connected);
  const out = players.filter((player) => !(question.players[player.player_id]?.is_alive ?? player.is_alive));
  const move = (playerId: string, isAlive: boolean): void => {
    if (players.some((player) => player.player_id === playerId)) props.ask(withPlayer(question, playerId, { is_alive: isAlive }, state));
  };
  return (
    <fieldset class={`panel what-team ${side}`}>
      <legend>
        <span class={`side ${side}`}>{sideName(side)}</span> <bdi>{teamName(team, state)}</bdi>
      </legend>
      <div class="what-players" {...dropping((id) => { move(id, true); })}>
        {players.map((player) => (
          <PlayerForm key={player.player_id} {...props} player={player} change={question.players[player.player_id] ?? {}} />
        ))}
      </div>
      <p class="bench" {...dropping((id) => { move(id, false); })}>
        {out.length === 0 ? "Drag somebody here to take him out" : `Out: ${out.map((player) => isolated(player.name ?? player.player_id)).join(", ")}`}
      </p>
    </fieldset>
  );
}

/** A place that players can be dropped at; `dropped` hears who. The switch beside each name does the same by key. */
function dropping(dropped: (playerId: string) => void): { onDragOver: (event: DragEvent) => void; onDrop: (event: DragEvent) => void } {
  return {
    onDragOver: (event) => { event.preventDefault(); },
    onDrop: (event) => {
      event.preventDefault();
      dropped(event.dataTransfer?.getData("text/plain") ?? "");
    },
  };
}

function PlayerForm(props: Form & { player: Player; change: PlayerChange; side: Side }): JSX.Element {
  const { player, change, state, question, ask } = props;
  const now = { ...player, ...change };
  const set = (made: PlayerChange): void => { ask(withPlayer(question, player.player_id, made, state)); };
  const isChanged = Object.keys(change).length > 0;
  const name = player.name ?? player.player_id;
  return (
    <div class={`what-player ${now.is_alive ? "" : "out"} ${isChanged ? "changed" : ""}`} draggable onDragStart={(event) => { event.dataTransfer?.setData("text/plain", player.player_id); }}>
      <button type="button" class="alive" role="switch" aria-checked={now.is_alive} aria-label={`${name} is alive`} title={now.is_alive ? "Take out" : "Bring back"} onClick={() => { set({ is_alive: !now.is_alive }); }}>
        <span class={`body ${props.side}`} aria-hidden="true" />
        <bdi>{name}</bdi>
      </button>
      <label class="what-health">
        <span class="hidden">Health of {name}</span>
        <input type="range" min={1} max={100} value={now.is_alive ? Math.max(1, now.health) : 1} disabled={!now.is_alive} onInput={(event) => { set({ health: Number(event.currentTarget.value) }); }} />
        <output>{now.is_alive ? now.health : "out"}</output>
      </label>
      <Toggle label="Armour" isOn={now.armor > 0} isDisabled={!now.is_alive} toggle={() => { set(now.armor > 0 ? { armor: 0, has_helmet: false } : { armor: 100 }); }} />
      <Toggle label="Helmet" isOn={now.has_helmet} isDisabled={!now.is_alive} toggle={() => { set(now.has_helmet ? { has_helmet: false } : { has_helmet: true, armor: Math.max(now.armor, 100) }); }} />
      {props.side === "ct" ? <Toggle label="Kit" isOn={now.has_kit} isDisabled={!now.is_alive} toggle={() => { set({ has_kit: !now.has_kit }); }} /> : <span />}
    </div>
  );
}

function Toggle(props: { label: string; isOn: boolean; isDisabled: boolean; toggle: () => void }): JSX.Element {
  return (
    <button type="button" class="toggle" aria-pressed={props.isOn} disabled={props.isDisabled} onClick={props.toggle}>
      {props.label}
    </button>
  );
}

function ClockForm(props: Form): JSX.Element {
  const { state, question, ask } = props;
  const told = clocks(state);
  const rules = state.map?.rules;
  const [roundS, bombS] = [rules?.round_s ?? 115, rules?.bomb_s ?? 40];
  const real = bombOf(state);
  const isPlanted = question.bomb.is_planted ?? real.isPlanted;
  const isBeingDefused = question.bomb.is_being_defused ?? real.isBeingDefused;
  const change = (bomb: BombChange): void => { ask(withBomb(question, bomb, state)); };
  const isLive = state.round?.live_at !== null;
  const roundLeft = question.roundLeftS ?? (told.kind === "round" ? Math.round(told.leftS) : roundS);
  const bombLeft = question.bomb.left_s ?? (told.kind === "bomb" ? Math.round(told.leftS) : bombS);
  return (
    <fieldset class="panel what-clocks">
      <legend>Clocks and bomb</legend>
      <Slider label="Round" value={roundLeft} max={roundS} isChanged={question.roundLeftS !== null} isDisabled={!isLive || isPlanted} set={(value) => { ask({ ...question, roundLeftS: value }); }} />
      <div class="what-bomb">
        <Toggle label="Bomb planted" isOn={isPlanted} isDisabled={!isLive} toggle={() => { change({ is_planted: !isPlanted }); }} />
        <Toggle label="Being defused" isOn={isBeingDefused} isDisabled={!isPlanted} toggle={() => { change({ is_being_defused: !isBeingDefused }); }} />
      </div>
      <Slider label="Bomb" value={bombLeft} max={bombS} isChanged={question.bomb.left_s !== undefined} isDisabled={!isPlanted} set={(value) => { change({ left_s: value }); }} />
    </fieldset>
  );
}

function Slider(props: { label: string; value: number; max: number; isChanged: boolean; isDisabled: boolean; set: (value: number) => void }): JSX.Element {
  return (
    <label class={`slider ${props.isChanged ? "changed" : ""}`}>
      <span>{props.label}</span>
      <input type="range" min={0} max={props.max} value={props.value} disabled={props.isDisabled} aria-label={`${props.label}, seconds left`} onInput={(event) => { props.set(Number(event.currentTarget.value)); }} />
      <output>{props.isDisabled ? "–" : clock(props.value)}</output>
    </label>
  );
}

/** As the API takes them. */
const ROUNDS_MOST = 99;

function ScoreForm(props: Form): JSX.Element {
  const { state, question, ask } = props;
  const real: Record<TeamFigure, number | null> = {
    scoreA: state.map?.score_a ?? null,
    scoreB: state.map?.score_b ?? null,
    equipmentA: state.round?.equipment_a ?? null,
    equipmentB: state.round?.equipment_b ?? null,
  };
  const figure = (name: TeamFigure): { value: number; set: (value: number) => void } => ({
    value: question[name] ?? real[name] ?? 0,
    set: (value) => { ask(withFigure(question, name, value, real[name])); },
  });
  return (
    <fieldset class="panel what-score">
      <legend>Score and buys</legend>
      <Figure label={`Rounds of ${isolated(teamName("A", state))}`} {...figure("scoreA")} max={ROUNDS_MOST} step={1} />
      <Figure label={`Rounds of ${isolated(teamName("B", state))}`} {...figure("scoreB")} max={ROUNDS_MOST} step={1} />
      <Figure label={`Equipment of ${isolated(teamName("A", state))} ($)`} {...figure("equipmentA")} max={100_000} step={500} />
      <Figure label={`Equipment of ${isolated(teamName("B", state))} ($)`} {...figure("equipmentB")} max={100_000} step={500} />
    </fieldset>
  );
}

/** While it has the focus its text is what was typed, also where that is no number yet. */
function Figure(props: { label: string; value: number; max: number; step: number; set: (value: number) => void }): JSX.Element {
  const [typed, setTyped] = useState<string | null>(null);
  const type = (field: HTMLInputElement): void => {
    setTyped((before) => (before === null ? null : field.value));
    if (Number.isFinite(field.valueAsNumber)) props.set(Math.round(field.valueAsNumber));
  };
  return (
    <label class="figure-input">
      <span>{props.label}</span>
      <input
        type="number"
        min={0}
        max={props.max}
        step={props.step}
        value={typed ?? props.value}
        onFocus={(event) => { setTyped(event.currentTarget.value); }}
        onBlur={() => { setTyped(null); }}
        onInput={(event) => { type(event.currentTarget); }}
      />
    </label>
  );
}
