/* What a client asked: this month beside what its plan has, and day by day. */

import type { JSX } from "preact";
import type { UsageView } from "../contract_records";
import { Empty, Loading, Trouble } from "../parts/states";
import { useRest } from "../use_rest";

const LOOK_MS = 10_000;
/** The part of a month's limit from which on it is worth a look. */
const ALMOST = 0.8;

export function UsagePanel(props: { path: string }): JSX.Element {
  const { data, problem } = useRest<UsageView>(props.path, { everyMs: LOOK_MS });
  return (
    <section class="panel stack" aria-label="Usage">
      <header class="panel-head">
        <h2>Usage</h2>
        <span class="muted small">days in UTC; the last seconds are not in it yet</span>
      </header>
      {problem === null ? null : <Trouble problem={problem} what="usage" />}
      {data === null ? (problem === null ? <Loading what="the usage" /> : null) : <Figures usage={data} />}
    </section>
  );
}

function Figures(props: { usage: UsageView }): JSX.Element {
  const { usage } = props;
  return (
    <>
      <Month used={usage.used_this_month} limit={usage.monthly} what="requests and connections" />
      <Month used={usage.events_this_month} limit={usage.monthly_events} what="events on live feeds" />
      {usage.days.length === 0 ? <Empty title="Nothing was asked in the last 31 days" /> : <Days days={usage.days} />}
    </>
  );
}

function Month(props: { used: number; limit: number | null; what: string }): JSX.Element {
  const { limit, what } = props;
  const used = props.used.toLocaleString("en-US");
  return (
    <p class="usage-sum">
      <strong>{used}</strong> {what} this month{limit === null ? ", without a limit" : ` of ${limit.toLocaleString("en-US")}`}
      {limit === null ? null : <meter class="used" min={0} max={limit} high={limit * ALMOST} optimum={0} value={Math.min(props.used, limit)} aria-label={`Part of the month's ${what} that is used`}>{used}</meter>}
    </p>
  );
}

function Days(props: { days: UsageView["days"] }): JSX.Element {
  const most = Math.max(1, ...props.days.map((day) => day.requests));
  return (
    <div class="board-scroll" role="region" aria-label="Usage by day" tabIndex={0}>
      <table class="board">
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Requests</th>
            <th scope="col">Connections</th>
            <th scope="col">Events</th>
            <th scope="col">Refused</th>
            <th scope="col" class="bar-col"><span class="hidden">Requests as a bar</span></th>
          </tr>
        </thead>
        <tbody>
          {props.days.map((day) => (
            <tr key={day.day}>
              <th scope="row">{day.day}</th>
              <td>{day.requests.toLocaleString("en-US")}</td>
              <td>{day.connections.toLocaleString("en-US")}</td>
              <td>{day.events.toLocaleString("en-US")}</td>
              <td class={day.refused > 0 ? "low" : ""}>{day.refused.toLocaleString("en-US")}</td>
              <td class="bar-col" aria-hidden="true"><span class="usage-bar" style={{ width: `${(day.requests / most) * 100}%` }} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
