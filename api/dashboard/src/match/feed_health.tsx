/* How the feed of this page does, told once a second: link, age, latency over the last minute, holes. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { millis } from "../format";
import type { Live } from "../live/use_feed";
import { usePaced } from "../parts/use_paced";
import { lastMinute, latencyMs, quantile, type Sample } from "./health";

export function FeedHealth(props: { live: Live }): JSX.Element {
  const { feed, status } = usePaced(props.live, 1000);
  const seen = useRef<readonly Sample[]>([]);
  const [nowMs, setNowMs] = useState(Date.now());
  const newest = latencyMs(props.live);
  useEffect(() => {
    if (newest !== null) seen.current = lastMinute([...seen.current, { atMs: Date.now(), ms: newest }], Date.now());
  }, [props.live.feed.seq]);
  useEffect(() => {
    const timer = setInterval(() => { setNowMs(Date.now()); }, 1000);
    return () => { clearInterval(timer); };
  }, []);
  const waits = useMemo(() => lastMinute(seen.current, nowMs).map((sample) => sample.ms), [nowMs]);
  const words = { connecting: "connecting", live: "live", resuming: "resuming", unknown: "not found", refused: "refused", closed: "closed" };
  return (
    <section class="panel area-health" aria-label="Feed health">
      <header class="panel-head">
        <h2>Feed</h2>
      </header>
      <dl class="facts">
        <Fact name="Link" value={words[status.link]} />
        <Fact name="Source" value={!feed.isFeedAlive ? "not readable" : feed.doubt === "source_silent" ? "silent" : "readable"} />
        <Fact name="Last frame" value={ago(status.heardMs, nowMs)} />
        <Fact name="Last word of the source" value={status.spokeMs === null && status.link === "live" ? "before this page" : ago(status.spokeMs, nowMs)} />
        <Fact name="Event" value={feed.seq.toLocaleString("en-US")} />
        <Fact name="Intake to here, median" value={millis(quantile(waits, 0.5))} />
        <Fact name="Intake to here, p95" value={millis(quantile(waits, 0.95))} />
        <Fact name="Cuts" value={String(status.cuts)} />
        <Fact name="Retractions" value={String(feed.voids.length)} />
        <Fact name="Holes" value={String(feed.holes)} />
        <Fact name="Model" value={feed.predictions.at(-1)?.model_version ?? "–"} />
      </dl>
    </section>
  );
}

function ago(ms: number | null, nowMs: number): string {
  if (ms === null) return "–";
  const age = Math.max(0, nowMs - ms);
  return age < 1500 ? "now" : `${Math.round(age / 1000)} s ago`;
}

function Fact(props: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}
