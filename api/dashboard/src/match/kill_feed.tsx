/* The newest kills, by round. */

import type { JSX } from "preact";
import { memo } from "preact/compat";
import type { Side } from "../contract";
import { clock, points, weaponName } from "../format";
import { Headshot } from "../parts/icons";
import { Empty, Loading } from "../parts/states";
import type { Cast } from "./cast";
import type { Killing } from "./kills";

const SHOWN = 60;

export const KillFeed = memo(function KillFeed(props: { cast: Cast; kills: Killing[]; isLoaded: boolean; isAwaited: boolean }): JSX.Element {
  const newest = props.kills.slice(-SHOWN).reverse();
  return (
    <section class="panel area-kills" aria-label="Kill feed">
      <header class="panel-head">
        <h2>Kills</h2>
      </header>
      {newest.length === 0 && props.isLoaded ? <Empty title="No kill on this map yet" /> : null}
      {newest.length === 0 && props.isAwaited ? <Loading what="kills" /> : null}
      <ol class="feed-list" tabIndex={0} aria-label="Kills, newest first">
        {newest.map((kill, at) => (
          <li key={kill.seq}>
            {kill.roundNo === newest[at - 1]?.roundNo ? null : <h3>Round {kill.roundNo}</h3>}
            <KillLine kill={kill} cast={props.cast} />
          </li>
        ))}
      </ol>
    </section>
  );
});

export function KillLine(props: { kill: Killing; cast: Cast }): JSX.Element {
  const { kill, cast } = props;
  return (
    <div class="kill">
      <span class="kill-time">{kill.roundTimeS === null ? "" : clock(kill.roundTimeS)}</span>
      <span class="kill-who">
        {kill.killerId === null ? <span class="muted">World</span> : <Name id={kill.killerId} side={kill.killerSide} cast={cast} />}
        {kill.assisterId === null ? null : <span class="assist"> + <Name id={kill.assisterId} side={kill.killerSide} cast={cast} /></span>}
        {kill.flashAssisterId === null || kill.flashAssisterId === kill.assisterId ? null : <span class="assist"> + flash <Name id={kill.flashAssisterId} side={kill.killerSide} cast={cast} /></span>}
      </span>
      <span class="kill-how">
        {weaponName(kill.weapon)}
        {kill.isHeadshot ? <Headshot title="Headshot" /> : null}
        {how(kill)}
      </span>
      <span class="kill-who"><Name id={kill.victimId} side={kill.victimSide} cast={cast} /></span>
      <span class={`kill-swing ${kill.swingA > 0 ? "gain" : kill.swingA < 0 ? "loss" : ""}`}>{Math.abs(kill.swingA) < 0.0005 ? "" : points(kill.swingA)}</span>
    </div>
  );
}

function how(kill: Killing): string {
  const words = [kill.isThroughSmoke ? "smoke" : "", kill.isWallbang ? "wall" : "", kill.isNoScope ? "no scope" : "", kill.isBlind ? "blind" : "", kill.isTeamKill ? "team kill" : ""];
  const said = words.filter(Boolean).join(", ");
  return said === "" ? "" : ` ${said}`;
}

export function Name(props: { id: string; side: Side | null; cast: Cast }): JSX.Element {
  return <bdi class={`name ${props.side ?? ""}`}>{props.cast.players[props.id]?.name ?? props.id}</bdi>;
}
