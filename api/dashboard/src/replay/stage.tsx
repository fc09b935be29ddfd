/* A round being played: the picture, the two teams beside it, the controls below.

Belongs here: wiring of picture, playhead and keys. Does not belong here: drawing (`painting`), controls' looks (`controls`). */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { mapName, otherSide } from "../format";
import { KillLine } from "../match/kill_feed";
import type { Watched } from "../match/page";
import { isOver } from "../matches/standing";
import { Empty, Loading, Trouble } from "../parts/states";
import { acted, roundStep, type Act } from "./acts";
import { ChanceStrip } from "./chance_strip";
import { Controls } from "./controls";
import type { Ground } from "./ground";
import { paintedGround, palette, View, type Palette } from "./ground_painting";
import { onKey } from "./keys";
import { paint, type Cast } from "./painting";
import { advanced, type Playhead } from "./playback";
import type { Radar } from "./radar";
import { sidesIn, type PlayableRound } from "./rounds";
import { sceneAt, type Scene, type Timers } from "./scene";
import { TeamPanel } from "./team_panel";
import type { Timeline } from "./timeline";
import type { Played } from "./use_timeline";

interface Props {
  watched: Watched;
  rounds: PlayableRound[];
  round: PlayableRound;
  isFollowing: boolean;
  choose: (round: PlayableRound | null) => void;
  version: string;
  played: Played;
  ground: Ground;
  radar: Radar | null;
}

/** How often what stands beside the picture is told anew, in milliseconds. */
const TELL_MS = 120;
/** How often it is asked whether a chosen round is over, in milliseconds. */
const ONWARD_MS = 1_000;

export function Stage(props: Props): JSX.Element {
  const { watched, round, played, ground, radar } = props;
  const { timeline } = played;
  const timers = timersOf(watched);
  const sides = useMemo(() => sidesIn(round, watched.state.players), [watched.state.players, round.aSide]);
  const [focus, setFocus] = useState<string | null>(null);
  const cast = useMemo<Cast>(() => ({ sides, names: namesOf(watched), focus }), [sides, watched.state.players, focus]);
  const head = useHead(props);
  const scene = useMemo(() => sceneAt(timeline, head.shown.ms, timers), [timeline, head.shown.ms, played.version]);
  const canvas = usePicture({ ground, radar, timeline, timers, cast, head });
  const replay = useFirstFocus();
  return (
    <section class="replay" ref={replay} tabIndex={-1} aria-label="Replay" onKeyDown={(event) => { onKey(event, head.act); }}>
      <TeamPanel team="A" watched={watched} side={round.aSide} scene={scene} focus={focus} look={setFocus} />
      <div class="stage panel">
        <div class="stage-box">
          <canvas ref={canvas} role="img" aria-label={said(scene, round, watched)} />
          <div class="stage-score" aria-hidden="true">
            {mapName(round.mapName)} · round {round.number} · {round.scoreA}:{round.scoreB}
          </div>
          <div class="stage-kills" role="log" aria-live={head.shown.speed > 1 ? "off" : "polite"} aria-label="Kills at this moment">
            <ol>
              {scene.kills.slice(0, 5).map((kill) => (
                <li key={kill.seq}>
                  <KillLine kill={kill} cast={watched.state} />
                </li>
              ))}
            </ol>
          </div>
          {timeline.tracks.size === 0 ? <div class="stage-empty"><NoPicture round={round} played={played} /></div> : null}
        </div>
        <ChanceStrip watched={watched} round={round} timeline={timeline} ms={head.shown.ms} version={props.version} />
        <Controls rounds={props.rounds} round={round} timeline={timeline} head={head.shown} scene={scene} act={head.act} watched={watched} />
      </div>
      <TeamPanel team="B" watched={watched} side={otherSide(round.aSide)} scene={scene} focus={focus} look={setFocus} />
    </section>
  );
}

/** Takes the focus, which keys need, where nothing else of the page has it. */
function useFirstFocus(): { current: HTMLElement | null } {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const now = document.activeElement;
    if (now === document.body || now?.id === "main") element.current?.focus({ preventScroll: true });
  }, []);
  return element;
}

/** Why there is nothing to be seen. */
function NoPicture(props: { round: PlayableRound; played: Played }): JSX.Element {
  const { round, played } = props;
  if (played.problem !== null) return <Trouble problem={played.problem} what="round" />;
  if (!played.isLoaded) return <Loading what={`round ${round.number}`} />;
  return <Empty title="No positions yet">{round.beforeSeq === null ? "They come when the round goes live." : "The source of this match tells none for this round."}</Empty>;
}

interface Head {
  /** As of the last telling; the picture has a newer one. */
  shown: Playhead;
  now: { current: Playhead };
  act: (act: Act) => void;
  tell: () => void;
}

/** The playhead: a value that moves sixty times a second, told to the page a few times. */
function useHead(props: Props): Head {
  const { played, isFollowing, rounds, round, choose } = props;
  const { timeline } = played;
  const now = useRef<Playhead>({ ms: 0, isPlaying: true, speed: 1, isLive: isFollowing });
  const key = timeline.startMs > 0 ? played.key : null;
  const begun = useRef<string | null>(null);
  const [told, setTold] = useState({ key, head: now.current });
  const tell = (): void => { setTold({ key, head: now.current }); };
  if (key !== null && begun.current !== key) {
    const isMoving = begun.current !== null;
    begun.current = key;
    now.current = { ...now.current, ms: begin(timeline, isFollowing), isLive: isFollowing, isPlaying: isFollowing || !isStill() || (isMoving && now.current.isPlaying) };
  }
  useFollowing(props, now);
  const act = (asked: Act): void => {
    if (asked.kind === "live" && isOver(props.watched.state)) return;
    const next = asked.kind === "round" ? asked.round : rounds[rounds.indexOf(round) + roundStep(asked)];
    now.current = acted(now.current, asked, timeline);
    if (asked.kind === "live") choose(null);
    else if (next !== round && next !== undefined) choose(next);
    else if (isFollowing && !now.current.isLive) choose(round);
    tell();
  };
  return { shown: told.key === key ? told.head : now.current, now, act, tell };
}

/** Whether nothing is to move that was not asked to. */
function isStill(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** A round that is watched from outside begins where freeze time ends; a live one near its newest event. */
function begin(timeline: Timeline, isFollowing: boolean): number {
  if (isFollowing) return Math.max(timeline.startMs, timeline.endMs - 2_000);
  return timeline.liveMs === null ? timeline.startMs : Math.max(timeline.startMs, timeline.liveMs - 1_000);
}

/** A chosen round goes on to the next at its end. */
function useFollowing(props: Props, now: { current: Playhead }): void {
  const { rounds, round, played, isFollowing, choose } = props;
  const at = rounds.indexOf(round);
  useEffect(() => {
    if (isFollowing || !played.isLoaded || round.beforeSeq === null) return undefined;
    const timer = setInterval(() => {
      const next = rounds[at + 1];
      const head = now.current;
      if (next !== undefined && head.isPlaying && head.ms >= played.timeline.endMs) choose(next);
    }, ONWARD_MS);
    return () => { clearInterval(timer); };
  }, [round.key, rounds.length, isFollowing, played.isLoaded]);
}

interface Picture {
  ground: Ground;
  radar: Radar | null;
  timeline: Timeline;
  timers: Timers;
  cast: Cast;
  head: Head;
}

/** Paints each frame. The newest picture is read from a ref, so that the loop is begun once. */
function usePicture(picture: Picture): (element: HTMLCanvasElement | null) => void {
  const newest = useRef(picture);
  newest.current = picture;
  const canvas = useRef<HTMLCanvasElement | null>(null);
  useEffect(() => {
    let frame = 0;
    let lastMs = performance.now();
    let toldMs = 0;
    let layer: { view: View; back: HTMLCanvasElement; colours: Palette; ground: Ground; radar: Radar | null } | null = null;
    const forget = (): void => { layer = null; };
    const media = matchMedia("(prefers-color-scheme: light)");
    addEventListener("midround:theme", forget);
    media.addEventListener("change", forget);
    const step = (nowMs: number): void => {
      frame = requestAnimationFrame(step);
      const { head, timeline, ground, radar, timers, cast } = newest.current;
      head.now.current = advanced(head.now.current, timeline, Math.min(250, nowMs - lastMs));
      lastMs = nowMs;
      const element = canvas.current;
      const ctx = element?.getContext("2d") ?? null;
      if (element === null || ctx === null) return;
      const isResized = fitted(element);
      if (layer === null || isResized || layer.ground !== ground || layer.radar !== radar) {
        const view = new View(ground, element.width, element.height, devicePixelRatio);
        const colours = palette();
        layer = { view, colours, ground, radar, back: paintedGround(view, colours, radar) };
      }
      const scene = sceneAt(timeline, head.now.current.ms, timers);
      paint(ctx, layer.view, { scene, cast, back: layer.back, colours: layer.colours });
      if (nowMs - toldMs > TELL_MS) {
        toldMs = nowMs;
        if (head.now.current.ms !== head.shown.ms) head.tell();
      }
    };
    frame = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("midround:theme", forget);
      media.removeEventListener("change", forget);
    };
  }, []);
  return (element) => { canvas.current = element; };
}

/** Gives the canvas as many pixels as it covers; whether that changed. */
function fitted(element: HTMLCanvasElement): boolean {
  const width = Math.round(element.clientWidth * devicePixelRatio);
  const height = Math.round(element.clientHeight * devicePixelRatio);
  if (element.width === width && element.height === height) return false;
  element.width = width;
  element.height = height;
  return true;
}

function timersOf(watched: Watched): Timers {
  const rules = watched.state.map?.rules;
  return { bombS: rules?.bomb_s ?? 40, defuseS: rules?.defuse_s ?? 10, defuseKitS: rules?.defuse_kit_s ?? 5 };
}

function namesOf(watched: Watched): Map<string, string> {
  return new Map(Object.values(watched.state.players).map((player) => [player.player_id, player.name ?? player.player_id]));
}

function said(scene: Scene, round: PlayableRound, watched: Watched): string {
  const alive = (team: "A" | "B"): number => scene.figures.filter((figure) => figure.isAlive && watched.state.players[figure.playerId]?.team === team).length;
  const bomb = scene.bomb?.leftS === null || scene.bomb === null ? "" : `, bomb planted, ${Math.ceil(scene.bomb.leftS)} seconds left`;
  return `Round ${round.number} from above: ${alive("A")} against ${alive("B")} alive${bomb}`;
}
