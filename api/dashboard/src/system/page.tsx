/* How the system does: the API process behind these pages (from /ready and /metrics), and the parts behind it (`parts`). */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { later, type Answer } from "../again";
import type { Problem } from "../contract";
import { Loading, Trouble } from "../parts/states";
import { get, isAbort, ProblemError, text } from "../rest";
import { samples, total, type Sample } from "./metrics";
import { LatencyPanel, PartsPanels } from "./parts";

const LOOK_MS = 2_000;

interface Told {
  samples: Sample[];
  /** Why the API is not ready; null where it is. */
  lacking: Problem | null;
}

export default function SystemPage(): JSX.Element {
  const { data, problem } = useFigures();
  return (
    <div class="page">
      <div class="page-head">
        <h1>System</h1>
      </div>
      {problem === null ? null : <Trouble problem={problem} what="figures" />}
      {data === null && problem === null ? <Loading what="figures" /> : null}
      <div class="system">
        {data === null ? null : <Readiness told={data} />}
        <LatencyPanel />
        <PartsPanels />
        {data === null ? null : <Requests all={data.samples} />}
      </div>
    </div>
  );
}

function Readiness(props: { told: Told }): JSX.Element {
  const { samples: all, lacking } = props.told;
  return (
    <section class="panel" aria-label="Readiness">
      <header class="panel-head">
        <h2>Readiness</h2>
      </header>
      <p class={lacking === null ? "verdict good" : "verdict bad"}>
        <span class="dot" aria-hidden="true" />
        {lacking === null ? "Topics are read and the store answers" : lacking.detail}
      </p>
      <dl class="facts">
        <Fact name="Live clients" value={total(all, "queue_depth", { queue: "live_clients" })} />
        <Fact name="Requests answered" value={total(all, "api_requests_total")} />
        <Fact name="Requests failed (5xx)" value={failed(all)} />
        <Fact name="Errors counted" value={total(all, "error_total")} />
        <Fact name="Records not read yet" value={total(all, "consumer_lag")} />
      </dl>
    </section>
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

/** Asked again and again, whatever the answer. */
function useFigures(): Answer<Told> {
  const [answer, setAnswer] = useState<Answer<Told>>({ data: null, problem: null });
  useEffect(() => {
    const aborting = new AbortController();
    const look = async (): Promise<void> => {
      let waitMs = LOOK_MS;
      try {
        setAnswer({ data: await asked(aborting.signal), problem: null });
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ProblemError)) throw error;
        setAnswer({ data: null, problem: error });
        waitMs = error.retryMs ?? LOOK_MS;
      }
      later(aborting.signal, waitMs, () => void look());
    };
    void look();
    return () => { aborting.abort(); };
  }, []);
  return answer;
}

async function asked(signal: AbortSignal): Promise<Told> {
  const [metrics, lacking] = await Promise.all([text("/metrics", { signal }), unready(signal)]);
  return { samples: samples(metrics), lacking };
}

/** What the API waits for; null where it is ready. */
async function unready(signal: AbortSignal): Promise<Problem | null> {
  try {
    await get("/ready", { signal });
    return null;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 503) return error.problem;
    throw error;
  }
}
