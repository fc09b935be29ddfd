/* The 2D replay: which round is shown, how it is played, what stands beside the picture. */

import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { EventView, OutlineView } from "../contract";
import type { Watched } from "../match/page";
import { useLog, WHOLE } from "../match/use_log";
import { isOver } from "../matches/standing";
import { Empty, Loading, Trouble } from "../parts/states";
import { V1 } from "../rest";
import { matchHash, replaceHash } from "../route";
import { useRest } from "../use_rest";
import { Stage } from "./stage";
import { bareGround, ground, type Ground } from "./ground";
import { useRadar } from "./radar";
import { playableRounds, type PlayableRound } from "./rounds";
import { useTimeline } from "./use_timeline";

const STARTS = { part: "/events?type=round_started", everyMs: 1_000 };
const PHASES = { part: "/events?type=phase_changed", everyMs: 1_000 };

const NOWHERE = bareGround({ tracks: new Map() });

export default function ReplayPage(props: { watched: Watched }): JSX.Element {
  const { watched } = props;
  const { matchId, state, live, maps, query } = watched;
  const version = `${live.feed.voids.length}/${live.feed.holes}`;
  const reading = { version, isOver: isOver(state), at: `${state.round?.first_seq}/${state.map?.map_id}` };
  const starts = useLog<EventView>(matchId, STARTS, WHOLE, reading);
  const phases = useLog<EventView>(matchId, PHASES, WHOLE, reading);
  const isLoaded = starts.isLoaded && phases.isLoaded;
  const rounds = useMemo(
    () => (isLoaded ? playableRounds([...starts.items, ...phases.items], maps, state) : null),
    [isLoaded, starts.items, phases.items, maps, state.round?.first_seq],
  );
  const chosen = query.has("round") ? `${query.get("map") ?? ""}/${query.get("round") ?? ""}` : null;
  const [wasOver] = useState(isOver(state));
  const choose = (next: PlayableRound | null): void => {
    replaceHash(matchHash(matchId, "replay", next === null ? {} : { map: String(next.mapNumber), round: String(next.number) }));
  };
  const problem = starts.problem ?? phases.problem;
  if (rounds === null) return problem === null ? <Loading what="the rounds" /> : <Trouble problem={problem} what="replay" />;
  const newest = wasOver ? rounds[0] : rounds.at(-1);
  if (newest === undefined) return <Empty title="No round has begun">The first round can be watched as soon as it starts.</Empty>;
  const round = chosen === null ? newest : rounds.find((each) => each.key === chosen);
  if (round === undefined) return <NoRound matchId={matchId} />;
  return <RoundReplay watched={watched} rounds={rounds} round={round} isFollowing={chosen === null && !wasOver} choose={choose} version={version} />;
}

function NoRound(props: { matchId: string }): JSX.Element {
  return (
    <Empty title="There is no such round to play">
      It has not begun, was taken back, or nobody told its beginning. <a class="link" href={matchHash(props.matchId, "replay")}>Play another one</a>
    </Empty>
  );
}

interface RoundProps {
  watched: Watched;
  rounds: PlayableRound[];
  round: PlayableRound;
  /** Whether nobody chose a round: the newest is shown, and the next when it comes. */
  isFollowing: boolean;
  choose: (round: PlayableRound | null) => void;
  version: string;
}

function RoundReplay(props: RoundProps): JSX.Element {
  const { watched, round, version } = props;
  const played = useTimeline(watched.matchId, round, { version, isOver: isOver(watched.state), live: watched.live });
  const outline = useRest<OutlineView>(round.mapName === null ? null : `${V1}/maps/${encodeURIComponent(round.mapName)}/outline`);
  const radar = useRadar(round.mapName);
  const shape = useMemo(() => (outline.data === null ? null : ground(outline.data)), [outline.data]);
  const walked = useRef<{ mapId: string; ground: Ground } | null>(null);
  const bare = useMemo(() => {
    const before = walked.current?.mapId === round.mapId ? walked.current.ground : null;
    return shape === null && played.timeline.tracks.size > 0 ? bareGround(played.timeline, before) : before;
  }, [shape, round.mapId, played.timeline, played.version]);
  if (bare !== null) walked.current = { mapId: round.mapId, ground: bare };
  const shown = shape ?? bare ?? NOWHERE;
  return <Stage {...props} played={played} ground={shown} radar={radar} />;
}
