/* How the API process behind these pages does: ready or not, latency by stage, requests, errors. From /ready and /metrics. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../contract";
import { millis } from "../format";
import { Empty, Loading } from "../parts/states";
import { histogramQuantile, samples, total, type Sample } from "./metrics";

const LOOK_MS = 2_000;
const STAGES: readonly [string, string][] = [
  ["stream", "intake to the stream's result"],
  ["publish", "result to broker"],
  ["api", "broker to the API"],
  ["end_to_end", "intake to the API"],
];

interface Told {
  samples: Sample[];
  ready: Problem | null;
  isAnswered: boolean;
}

export default function SystemPage(): JSX.Element {
  const told = useMetrics();
  return (
    <div class="page">
      <div class="page-head">
        <h1>System</h1>
      </div>
      {told === null ? <Loading what="figures" /> : told.isAnswered ? <Figures told={told} /> : <Empty title="The API does not answer">It is asked again every two seconds.</Empty>}
    </div>
  );
}

function Figures(props: { told: Told }): JSX.Element {
  const { samples: all, ready } = props.told;
  return (
    <div class="system">
      <section class="panel" aria-label="Readiness">
        <header class="panel-head">
          <h2>Readiness</h2>
        </header>
        <p class={ready === null ? "verdict good" : "verdict bad"}>
          <span class="dot" aria-hidden="true" />
          {ready === null ? "Topics are read and the store answers" : ready.detail}
        </p>
        <dl class="facts">
          <Fact name="Live clients" value={total(all, "queue_depth", { queue: "live_clients" })} />
          <Fact name="Requests answered" value={total(all, "api_requests_total")} />
          <Fact name="Requests failed (5xx)" value={failed(all)} />
          <Fact name="Errors counted" value={total(all, "error_total")} />
          <Fact name="Records not read yet" value={total(all, "consumer_lag")} />
        </dl>
      </section>
      <section class="panel" aria-label="Latency by stage">
        <header class="panel-head">
          <h2>Latency by stage</h2>
          <span class="muted small">since the process began</span>
        </header>
        <table class="board">
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col">Median</th>
              <th scope="col">p95</th>
              <th scope="col">p99</th>
              <th scope="col">Messages</th>
            </tr>
          </thead>
          <tbody>
            {STAGES.map(([stage, meaning]) => (
              <tr key={stage}>
                <th scope="row">
                  {stage} <span class="muted small">{meaning}</span>
                </th>
                {[0.5, 0.95, 0.99].map((share) => (
                  <td key={share}>{millis(histogramQuantile(all, "ingestion_latency_ms", { stage }, share))}</td>
                ))}
                <td>{total(all, "ingestion_latency_ms_count", { stage }).toLocaleString("en-US")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Requests all={all} />
    </div>
  );
}

function Requests(props: { all: Sample[] }): JSX.Element {
  const routes = new Map<string, number>();
  for (const each of props.all)
    if (each.name === "api_requests_total") {
      const route = `${each.labels["method"] ?? ""} ${each.labels["route"] ?? ""}`;
      routes.set(route, (routes.get(route) ?? 0) + each.value);
    }
  const sorted = [...routes].sort((one, other) => other[1] - one[1]).slice(0, 12);
  return (
    <section class="panel" aria-label="Requests by route">
      <header class="panel-head">
        <h2>Requests by route</h2>
      </header>
      <table class="board">
        <tbody>
          {sorted.map(([route, count]) => (
            <tr key={route}>
              <th scope="row"><code>{route}</code></th>
              <td>{count.toLocaleString("en-US")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Fact(props: { name: string; value: number }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value.toLocaleString("en-US")}</dd>
    </div>
  );
}

/** A part that is not ready yet says so with 503, and has failed at nothing. */
function failed(all: Sample[]): number {
  const isFailure = (labels: Record<string, string>): boolean => (labels["status"] ?? "").startsWith("5") && labels["route"] !== "/ready";
  return all.filter((each) => each.name === "api_requests_total" && isFailure(each.labels)).reduce((sum, each) => sum + each.value, 0);
}

function useMetrics(): Told | null {
  const [told, setTold] = useState<Told | null>(null);
  useEffect(() => {
    const aborting = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async (): Promise<void> => {
      const found = await asked(aborting.signal);
      if (aborting.signal.aborted) return;
      setTold(found);
      timer = setTimeout(() => void round(), LOOK_MS);
    };
    void round();
    return () => {
      aborting.abort();
      clearTimeout(timer);
    };
  }, []);
  return told;
}

async function asked(signal: AbortSignal): Promise<Told> {
  try {
    const [metrics, ready] = await Promise.all([fetch("/metrics", { signal }), fetch("/ready", { signal })]);
    return { samples: samples(await metrics.text()), ready: ready.ok ? null : ((await ready.json()) as Problem), isAnswered: metrics.ok };
  } catch {
    return { samples: [], ready: null, isAnswered: false };
  }
}
