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
  const used = usage.used_this_month.toLocaleString("en-US");
  return (
    <>
      <p class="usage-sum">
        <strong>{used}</strong> requests and connections this month{usage.monthly === null ? ", without a limit" : ` of ${usage.monthly.toLocaleString("en-US")}`}
        {usage.monthly === null ? null : <meter class="used" min={0} max={usage.monthly} high={usage.monthly * ALMOST} optimum={0} value={Math.min(usage.used_this_month, usage.monthly)} aria-label="Part of the month's limit that is used">{used}</meter>}
      </p>
      {usage.days.length === 0 ? <Empty title="Nothing was asked in the last 31 days" /> : <Days days={usage.days} />}
    </>
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
              <td class={day.refused > 0 ? "low" : ""}>{day.refused.toLocaleString("en-US")}</td>
              <td class="bar-col" aria-hidden="true"><span class="usage-bar" style={{ width: `${(day.requests / most) * 100}%` }} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
