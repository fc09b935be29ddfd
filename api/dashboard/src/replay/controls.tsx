/* What a replay is steered with: play, speed, place in the round, rounds. No state of its own. */

import type { JSX } from "preact";
import { clock, isolated, mapName, teamName } from "../format";
import type { Watched } from "../match/page";
import { isOver } from "../matches/standing";
import { BombMark, Next, Pause, Play, Pliers, Previous } from "../parts/icons";
import type { Act } from "./acts";
import { KEYS } from "./keys";
import { SPEEDS, type Playhead } from "./playback";
import { roundClock } from "./round_clock";
import type { PlayableRound } from "./rounds";
import type { Scene } from "./scene";
import type { Mark, Timeline } from "./timeline";

interface Props {
  watched: Watched;
  rounds: PlayableRound[];
  round: PlayableRound;
  timeline: Timeline;
  head: Playhead;
  scene: Scene;
  act: (act: Act) => void;
}

export function Controls(props: Props): JSX.Element {
  const { head, act, timeline, watched } = props;
  return (
    <div class="controls">
      <Scrubber timeline={timeline} head={head} act={act} />
      <div class="controls-row">
        <button type="button" onClick={() => { act({ kind: "previous-round" }); }} aria-label="Previous round" title="Previous round ([)">
          <Previous />
        </button>
        <button type="button" class="primary" onClick={() => { act({ kind: "toggle" }); }} aria-label={head.isPlaying ? "Pause" : "Play"} title={head.isPlaying ? "Pause (Space)" : "Play (Space)"}>
          {head.isPlaying ? <Pause /> : <Play />}
        </button>
        <button type="button" onClick={() => { act({ kind: "next-round" }); }} aria-label="Next round" title="Next round (])">
          <Next />
        </button>
        <Clock {...props} />
        <button type="button" onClick={() => { act({ kind: "previous-mark" }); }} title="Moment before (P)">‹ Moment</button>
        <button type="button" onClick={() => { act({ kind: "next-mark" }); }} title="Next moment (N)">Moment ›</button>
        <label class="select">
          <span class="hidden">Speed</span>
          <select value={String(head.speed)} disabled={head.isLive} onChange={(event) => { act({ kind: "speed", speed: Number(event.currentTarget.value) }); }}>
            {SPEEDS.map((speed) => (
              <option key={speed} value={String(speed)}>{speed}×</option>
            ))}
          </select>
        </label>
        {isOver(watched.state) ? null : (
          <button type="button" class="live-button" aria-pressed={head.isLive} onClick={() => { act({ kind: "live" }); }} title="Follow the running round (L)">
            <span class="dot" aria-hidden="true" />
            Live
          </button>
        )}
        <details class="keys">
          <summary>Keys</summary>
          <dl>
            {KEYS.map(([key, does]) => (
              <div key={key}>
                <dt><kbd>{key}</kbd></dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </details>
      </div>
      <Rounds {...props} />
    </div>
  );
}

function Clock(props: Props): JSX.Element {
  const { timeline, scene, watched } = props;
  const { kind, text, defuseLeftS } = roundClock(scene, timeline, watched.state.map?.rules.round_s ?? 115);
  return (
    <span class={`replay-clock ${kind}`}>
      {kind === "bomb" ? <BombMark title="Bomb planted" /> : null}
      {text}
      {defuseLeftS === null ? null : <span class="replay-defuse"><Pliers title="Defusing" />{clock(defuseLeftS, { tenths: true })}</span>}
    </span>
  );
}

function Scrubber(props: { timeline: Timeline; head: Playhead; act: (act: Act) => void }): JSX.Element {
  const { timeline, head, act } = props;
  const span = Math.max(1, timeline.endMs - timeline.startMs);
  const second = (ms: number): number => (ms - timeline.startMs) / 1000;
  return (
    <div class="scrubber">
      <div class="marks">
        {timeline.marks.map((mark, at) => (
          <button key={at} type="button" tabIndex={-1} class={`mark ${mark.kind}`} style={{ left: `${((mark.ms - timeline.startMs) / span) * 100}%` }} title={titleOf(mark, timeline)} aria-label={titleOf(mark, timeline)} onClick={() => { act({ kind: "seek", ms: mark.ms - 500 }); }} />
        ))}
      </div>
      <input
        type="range"
        aria-label="Place in the round"
        aria-valuetext={`${clock(second(head.ms))} of ${clock(second(timeline.endMs))}`}
        min={0}
        max={Math.round(span / 100)}
        value={Math.round((head.ms - timeline.startMs) / 100)}
        style={{ "--done": `${((head.ms - timeline.startMs) / span) * 100}%` }}
        onInput={(event) => { act({ kind: "seek", ms: timeline.startMs + Number(event.currentTarget.value) * 100 }); }}
      />
    </div>
  );
}

function titleOf(mark: Mark, timeline: Timeline): string {
  return `${mark.label} at ${clock((mark.ms - (timeline.liveMs ?? timeline.startMs)) / 1000)}`;
}

function Rounds(props: Props): JSX.Element {
  const { rounds, round, act, watched } = props;
  const ofMap = rounds.filter((each) => each.mapNumber === round.mapNumber);
  const numbers = [...new Set(rounds.map((each) => each.mapNumber))];
  return (
    <div class="round-choice">
      {numbers.length < 2 ? null : (
        <label class="select">
          <span class="hidden">Map</span>
          <select value={String(round.mapNumber)} onChange={(event) => {
            const first = rounds.find((each) => each.mapNumber === Number(event.currentTarget.value));
            if (first !== undefined) act({ kind: "round", round: first });
          }}>
            {numbers.map((number) => (
              <option key={number} value={String(number)}>
                {`Map ${number}: ${mapName(rounds.find((each) => each.mapNumber === number)?.mapName ?? null)}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="round-chips" role="group" aria-label="Rounds">
        {ofMap.map((each) => (
          <button key={each.key} type="button" class="chip" aria-pressed={each.key === round.key} onClick={() => { act({ kind: "round", round: each }); }} title={`Round ${each.number}, at ${isolated(teamName("A", watched.state))} ${each.scoreA}:${each.scoreB} ${isolated(teamName("B", watched.state))}`}>
            {each.number}
          </button>
        ))}
      </div>
    </div>
  );
}
