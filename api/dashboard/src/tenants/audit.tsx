/* What administrators did, the latest first, page by page. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { AuditPage } from "../contract_records";
import { moment } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { V1 } from "../rest";
import { useRest } from "../use_rest";

const LOOK_MS = 10_000;

export function Audit(props: { version: number }): JSX.Element {
  const [cursors, setCursors] = useState<string[]>([]);
  useEffect(() => {
    setCursors([]);
  }, [props.version]);
  const cursor = cursors.at(-1);
  const { data, problem } = useRest<AuditPage>(`${V1}/tenants/audit?limit=20${cursor === undefined ? "" : `&cursor=${cursor}`}`, { version: props.version, everyMs: LOOK_MS });
  const next = data?.next_cursor ?? null;
  return (
    <section class="panel stack" aria-label="Audit">
      <header class="panel-head">
        <h2>What was done</h2>
        <span>
          <button type="button" disabled={cursors.length === 0} onClick={() => { setCursors(cursors.slice(0, -1)); }}>Newer</button>{" "}
          <button type="button" disabled={next === null} onClick={() => { if (next !== null) setCursors([...cursors, next]); }}>Older</button>
        </span>
      </header>
      {problem === null ? null : <Trouble problem={problem} what="audit" />}
      {data === null ? (problem === null ? <Loading what="the audit" /> : null) : <Acts page={data} />}
    </section>
  );
}

function Acts(props: { page: AuditPage }): JSX.Element {
  if (props.page.items.length === 0) return <Empty title="Nothing was done yet" />;
  return (
    <div class="board-scroll" role="region" aria-label="Acts" tabIndex={0}>
      <table class="board words">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Act</th>
            <th scope="col">By</th>
            <th scope="col">Client</th>
            <th scope="col">Key</th>
          </tr>
        </thead>
        <tbody>
          {props.page.items.map((entry, index) => (
            <tr key={`${entry.at} ${index}`}>
              <th scope="row">{moment(entry.at)}</th>
              <td>{entry.act}</td>
              <td>{entry.who}</td>
              <td><code>{entry.client_id?.slice(0, 8) ?? "–"}</code></td>
              <td><code>{entry.key_id ?? "–"}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
