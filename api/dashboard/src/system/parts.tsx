/* How the parts behind the API do: throughput, what is not read yet, latency by stage, dead letters, data quality.

Belongs here: what /latency and /system tell. Does not belong here: the process itself (`page`). */

import type { ComponentChildren, JSX } from "preact";
import type { DataQualityView, DeadLettersView, LagView, LatencyView, SystemView, ThroughputView } from "../contract_records";
import { millis, moment } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { V1, type ProblemError } from "../rest";
import { useRest } from "../use_rest";

const LOOK_MS = 10_000;
const LETTERS = 8;

interface Fact {
  name: string;
  value: number;
  /** Whether it is a fault where it is not 0. */
  isFault?: boolean;
}

export function LatencyPanel(): JSX.Element {
  const { data, problem } = useRest<LatencyView>(`${V1}/latency`, { everyMs: LOOK_MS });
  return (
    <Panel name="Latency by stage" note={data === null ? null : `in the last ${data.window_s / 60} minutes`} problem={problem} isThere={data !== null}>
      {data === null ? null : (
        <table class="board">
          <thead>
            <tr>
              {["Stage", "Median", "p95", "p99", "Messages"].map((each) => <th key={each} scope="col">{each}</th>)}
            </tr>
          </thead>
          <tbody>
            {data.stages.map((each) => (
              <tr key={each.stage}>
                <th scope="row">
                  {each.stage.replaceAll("_", " ")} <span class="muted small">{each.begins} to {each.ends}</span>
                </th>
                {[each.p50_ms, each.p95_ms, each.p99_ms].map((ms, at) => <td key={at}>{millis(ms)}</td>)}
                <td>{each.is_known === false ? "unknown" : each.messages.toLocaleString("en-US")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** For administrators: anybody else reads why not. */
export function PartsPanels(): JSX.Element {
  const { data, problem } = useRest<SystemView>(`${V1}/system?letters=${LETTERS}`, { everyMs: LOOK_MS });
  const since = data?.dead_letters?.since;
  const shared = { problem, isThere: data !== null };
  return (
    <>
      <Panel name="Throughput" note={data === null ? null : `in the last ${data.throughput.window_s} seconds`} {...shared}>
        {data === null ? null : <Throughput told={data.throughput} lag={data.lag} away={data.away} />}
      </Panel>
      <Panel name="Data quality" note="of all maps with a scorecard" {...shared}>
        {data === null ? null : data.quality === null ? <Away part="store" /> : <Facts facts={qualityOf(data.quality)} />}
      </Panel>
      <Panel name="Dead letters" note={since === undefined ? null : `since ${moment(since)}`} {...shared}>
        {data === null ? null : data.dead_letters === null ? <Away part="store" /> : <DeadLetters told={data.dead_letters} />}
      </Panel>
    </>
  );
}

function Panel(props: { name: string; note: string | null; problem: ProblemError | null; isThere: boolean; children: ComponentChildren }): JSX.Element {
  const { name, note, problem, isThere, children } = props;
  return (
    <section class="panel" aria-label={name}>
      <header class="panel-head">
        <h2>{name}</h2>
        {note === null ? null : <span class="muted small">{note}</span>}
      </header>
      {problem === null ? null : <Trouble problem={problem} what="figures" />}
      {isThere ? children : problem === null ? <Loading what="figures" /> : null}
    </section>
  );
}

function Throughput(props: { told: ThroughputView; lag: readonly LagView[]; away: readonly string[] }): JSX.Element {
  const { told, lag, away } = props;
  const readers = [...new Set(lag.map((each) => each.reader))];
  const waiting = (reader: string): number => lag.filter((each) => each.reader === reader).reduce((sum, each) => sum + each.messages, 0);
  const rates = [
    { name: "Events a second", value: told.events_per_s },
    { name: "States a second", value: told.states_per_s },
    { name: "Predictions a second", value: told.predictions_per_s },
  ];
  return (
    <>
      <Facts facts={[...rates, ...readers.map((reader) => ({ name: `Not read yet by ${reader}`, value: waiting(reader) }))]} />
      {away.length === 0 ? null : <p class="warn" role="alert">Does not answer: {away.join(", ")}</p>}
    </>
  );
}

function DeadLetters(props: { told: DeadLettersView }): JSX.Element {
  const { total, reasons, latest } = props.told;
  if (total === 0) return <Empty title="None">Every record could be processed.</Empty>;
  return (
    <>
      <p><b>{total.toLocaleString("en-US")}</b> {total === 1 ? "record" : "records"} could not be processed</p>
      <table class="board">
        <thead>
          <tr>
            {["Reason", "Latest", "Records"].map((each) => <th key={each} scope="col">{each}</th>)}
          </tr>
        </thead>
        <tbody>
          {reasons.slice(0, LETTERS).map((each) => (
            <tr key={`${each.topic}/${each.field}/${each.reason}`}>
              <th scope="row">
                {each.reason} <span class="muted small"><code>{each.field}</code> of <code>{each.topic}</code></span>
              </th>
              <td>{moment(each.last_at)}</td>
              <td>{each.letters.toLocaleString("en-US")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <details>
        <summary>The latest ones</summary>
        <ul class="letters">
          {latest.map((each) => (
            <li key={`${each.topic}/${each.partition}/${each.offset}`}>
              {moment(each.received_at)} <code>{each.topic}/{each.partition}/{each.offset}</code> {each.reason}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Away(props: { part: string }): JSX.Element {
  return <Empty title="Unknown">The {props.part} does not answer.</Empty>;
}

function qualityOf(told: DataQualityView): Fact[] {
  return [
    { name: "Maps", value: told.maps },
    { name: "Provisional", value: told.provisional },
    { name: "Final", value: told.final },
    { name: "Amended", value: told.amended },
    { name: "Breaches of the rules", value: told.breaches, isFault: true },
    { name: "Duplicates", value: told.duplicates },
    { name: "Late events", value: told.late },
    { name: "Stale events", value: told.stale },
    { name: "Holes in feeds", value: told.holes, isFault: true },
    { name: "Unreadable", value: told.unreadable, isFault: true },
  ];
}

function Facts(props: { facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts">
      {props.facts.map(({ name, value, isFault }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class={isFault === true && value > 0 ? "warn" : undefined}>{value.toLocaleString("en-US", { maximumFractionDigits: 1 })}</dd>
        </div>
      ))}
    </dl>
  );
}
