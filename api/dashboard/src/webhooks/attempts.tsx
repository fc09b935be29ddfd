/* What came of each attempt to send one delivery, the newest first. */

import type { JSX } from "preact";
import type { AttemptView, Delivery } from "../contract_records";
import { moment } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { useRest } from "../use_rest";
import { hooksPath, type Owner } from "./paths";

const LOOK_MS = 5_000;

export function AttemptLog(props: { owner: Owner; hookId: string; line: Delivery }): JSX.Element {
  const { owner, hookId, line } = props;
  const path = hooksPath(owner, `/${hookId}/deliveries/${line.delivery_id}/attempts`);
  const { data, problem } = useRest<AttemptView[]>(path, { everyMs: LOOK_MS });
  return (
    <section class="stack" aria-label="Attempts">
      <h3>Attempts of {line.type}, {moment(line.created_at)}</h3>
      {problem === null ? null : <Trouble problem={problem} what="attempts" />}
      {data === null ? (problem === null ? <Loading what="the attempts" /> : null) : <Lines lines={data} />}
    </section>
  );
}

function Lines(props: { lines: AttemptView[] }): JSX.Element {
  if (props.lines.length === 0) return <Empty title="There was none yet" />;
  return (
    <div class="board-scroll" role="region" aria-label="List of attempts" tabIndex={0}>
      <table class="board words">
        <thead>
          <tr>
            <th scope="col">Ended</th>
            <th scope="col">Took</th>
            <th scope="col">Status</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {props.lines.map((line) => (
            <tr key={line.at}>
              <th scope="row">{moment(line.at)}</th>
              <td>{line.duration_ms === null ? "–" : `${line.duration_ms.toLocaleString("en-US")} ms`}</td>
              <td>{line.status ?? "–"}</td>
              <td>{line.error ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
