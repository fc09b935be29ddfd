/* The top of a match: teams, score, clocks, chances; and a banner where the feed is not to be trusted. */

import type { JSX } from "preact";
import type { Horizon, MatchState, Prediction, Side, Team } from "../contract";
import { clock, isolated, mapName, otherSide, phaseName, sideName, teamName } from "../format";
import type { Refusal } from "../live/connection";
import { newestPrediction } from "../live/feed";
import type { Live } from "../live/use_feed";
import { isOver } from "../matches/standing";
import { ChanceBar } from "../parts/chance";
import { BombMark } from "../parts/icons";
import { clocks } from "./clocks";
import { latency } from "./health";
import type { Watched } from "./page";

export function Headline(props: { watched: Watched }): JSX.Element {
  const { state, live, detail } = props.watched;
  const prediction = newestPrediction(live.feed, detail?.prediction ?? null);
  const aSide = state.map?.a_side ?? null;
  return (
    <section class="headline panel" aria-label="Score">
      <h1 class="hidden"><bdi>{teamName("A", state)}</bdi> against <bdi>{teamName("B", state)}</bdi></h1>
      <div class="score">
        <TeamScore state={state} team="A" side={aSide} />
        <Middle state={state} />
        <TeamScore state={state} team="B" side={aSide === null ? null : otherSide(aSide)} />
      </div>
      <Chances prediction={prediction} aSide={aSide} isDoubtful={isSuspended(live)} />
      <p class="hidden" aria-live="polite">
        <bdi>{teamName("A", state)}</bdi> {state.map?.score_a ?? 0}, <bdi>{teamName("B", state)}</bdi> {state.map?.score_b ?? 0}
      </p>
      <FeedPill live={live} isOver={isOver(state)} />
    </section>
  );
}

function TeamScore(props: { state: MatchState; team: Team; side: Side | null }): JSX.Element {
  const { state, team, side } = props;
  const maps = team === "A" ? state.maps_a : state.maps_b;
  const rounds = (team === "A" ? state.map?.score_a : state.map?.score_b) ?? 0;
  const needed = Math.floor(state.best_of / 2) + 1;
  return (
    <div class={`score-team ${team === "A" ? "left" : "right"}`}>
      <div class="score-name">
        {side === null ? null : <span class={`side ${side}`}>{sideName(side)}</span>}
        <div class="team-title"><bdi>{teamName(team, state)}</bdi></div>
        <span class="pips" role="img" aria-label={`${maps} of ${needed} maps`}>
          {Array.from({ length: needed }, (_, at) => (
            <span key={at} class={at < maps ? "pip won" : "pip"} />
          ))}
        </span>
      </div>
      <div class={`score-rounds ${side ?? ""}`}>{rounds}</div>
    </div>
  );
}

function Middle(props: { state: MatchState }): JSX.Element {
  const { state } = props;
  const told = clocks(state);
  const over = isOver(state);
  const share = Math.min(1, told.leftS / told.ofS);
  return (
    <div class="score-middle">
      <div class="muted small">
        {mapName(state.map?.name ?? null)} · map {state.map?.number ?? 1} of {state.best_of}
      </div>
      <div class={`big-clock ${told.kind ?? ""}`} role="timer">
        {told.kind === "bomb" ? <BombMark title="Bomb planted" /> : null}
        {over ? "Ended" : told.kind === null ? "–:––" : clock(told.leftS, { tenths: told.kind === "bomb" })}
      </div>
      <div class="clock-track" aria-hidden="true">
        <span class={told.kind ?? ""} style={{ width: `${told.kind === null ? 0 : share * 100}%` }} />
      </div>
      <div class="small">{over ? ended(state) : where(state, told.defuseLeftS)}</div>
    </div>
  );
}

function where(state: MatchState, defuseLeftS: number | null): string {
  const round = state.round === null ? "" : `Round ${state.round.number} · `;
  if (defuseLeftS !== null) return `${round}Defusing, ${clock(defuseLeftS, { tenths: true })} s`;
  const site = state.round?.bomb.site;
  const isPlanted = state.phase === "planted" && site !== null && site !== undefined;
  return `${round}${phaseName(state.phase)}${isPlanted ? ` on ${site.toUpperCase()}` : ""}`;
}

function ended(state: MatchState): string {
  return state.series_winner === null ? "No decision" : `${isolated(teamName(state.series_winner, state))} won ${Math.max(state.maps_a, state.maps_b)}:${Math.min(state.maps_a, state.maps_b)}`;
}

const NAMES: Record<Horizon, string> = { round: "Round", map: "Map", series: "Series" };

function Chances(props: { prediction: Prediction | null; aSide: Side | null; isDoubtful: boolean }): JSX.Element {
  const { prediction } = props;
  if (prediction === null) return <p class="muted small chances-none">No prediction yet.</p>;
  return (
    <div class="chances" aria-label="Win probabilities">
      {(["round", "map", "series"] as const).map((horizon) => (
        <div class="chances-row" key={horizon}>
          <span class="chances-name">{NAMES[horizon]}</span>
          <ChanceBar chance={prediction[horizon]} aSide={props.aSide} label={NAMES[horizon]} isDoubtful={props.isDoubtful} />
        </div>
      ))}
      {prediction.outside === null ? null : <p class="warn small">Outside of what the model has learned: {prediction.outside}</p>}
    </div>
  );
}

/** Whether what is shown may be old or void. */
export function isSuspended(live: Live): boolean {
  return live.status.link !== "live" || !live.feed.isFeedAlive || live.feed.isAwaiting || live.feed.doubt !== null;
}

function FeedPill(props: { live: Live; isOver: boolean }): JSX.Element {
  const { live } = props;
  const ms = latency(live);
  const isSilent = live.feed.doubt === "source_silent";
  const text = { connecting: "Connecting", live: isSilent ? "Source silent" : props.isOver ? "Connected" : "Live", resuming: "Resuming", unknown: "Not found", refused: "Refused", closed: "Closed" }[live.status.link];
  const state = isSuspended(live) ? "doubt" : "good";
  return (
    <span class={`pill ${state}`} data-link={live.status.link} title={`seq ${live.feed.seq}`}>
      <span class="dot" aria-hidden="true" />
      {text}
      {ms === null || isSilent || live.status.link !== "live" ? null : <span class="pill-ms">{ms}</span>}
    </span>
  );
}

/** In words, with what comes of it. */
export function refused(refusal: Refusal): string {
  return `The server refuses the live feed: ${refusal.reason}${refusal.isFinal ? "." : ". It is asked for again in half a minute."}`;
}

/** Says what is wrong with the feed, and whether it heals. The element is always rendered: screen readers announce a change of
its text, but not a status that appears together with its text. */
export function Banner(props: { live: Live }): JSX.Element {
  const text = warning(props.live);
  const isLasting = props.live.status.refusal?.isFinal === true;
  return (
    <div class={text === null ? "hidden" : "banner"} role="status">
      {text === null || isLasting ? null : <span class="spinner" aria-hidden="true" />}
      {text}
    </div>
  );
}

function warning(live: Live): string | null {
  const { feed, status } = live;
  if (status.link === "resuming") return `The connection was lost. Figures are suspended; it resumes after event ${feed.seq} by itself.`;
  if (status.link === "unknown") return `The server does not know this match any more. Figures are those of event ${feed.seq}; it is looked for again every few seconds.`;
  if (status.refusal !== null) return `${refused(status.refusal)} Figures are those of event ${feed.seq}.`;
  if (!feed.isFeedAlive) return "What the source says does not arrive at present: what is shown may be old.";
  if (status.link !== "live") return null;
  if (feed.doubt === "source_silent") return "The source of this match is silent. Figures are suspended until it speaks again.";
  return isSuspended(live) ? "Something was withdrawn or missed: the next whole state is awaited." : null;
}
