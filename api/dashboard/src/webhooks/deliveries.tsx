/* What was sent to one webhook, waits or was given up, the newest first; what was given up can be sent again. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Deliveries, Delivery, WebhookView } from "../contract_records";
import { moment } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { send } from "../rest";
import { refused, useAct } from "../tenants/use_act";
import { useRest } from "../use_rest";
import { AttemptLog } from "./attempts";
import { hooksPath, type Owner } from "./paths";

const LOOK_MS = 5_000;
const NAMES: Record<Delivery["status"], string> = { pending: "waits", delivered: "delivered", dead: "given up" };
const CHOICES: readonly [Delivery["status"] | "", string][] = [["", "All"], ["pending", "Waiting"], ["delivered", "Delivered"], ["dead", "Given up"]];

export function StatusTag(props: { status: Delivery["status"] }): JSX.Element {
  const kind = { pending: "", delivered: "live", dead: "bad" }[props.status];
  return <span class={`tag ${kind}`}>{NAMES[props.status]}</span>;
}

export function DeliveryLog(props: { owner: Owner; hook: WebhookView; mayChange: boolean; version: number }): JSX.Element {
  const { owner, hook, mayChange } = props;
  const [status, setStatus] = useState<Delivery["status"] | "">("");
  const [cursors, setCursors] = useState<string[]>([]);
  const [version, setVersion] = useState(0);
  const [opened, setOpened] = useState<Delivery | null>(null);
  const acting = useAct();
  const part = `/${hook.webhook_id}/deliveries`;
  const cursor = cursors.at(-1);
  const query = { limit: "20", ...(status === "" ? {} : { status }), ...(cursor === undefined ? {} : { cursor }) };
  const { data, problem } = useRest<Deliveries>(hooksPath(owner, part, query), { everyMs: LOOK_MS, version: `${version}/${props.version}` });
  const next = data?.next_cursor ?? null;
  const turn = (to: string[]): void => {
    setCursors(to);
    setOpened(null);
  };
  const resend = (which: string): void => {
    acting.run(async () => {
      await send("POST", hooksPath(owner, `${part}${which}/resend`));
      setVersion((count) => count + 1);
    });
  };
  return (
    <section class="panel stack" aria-label="Deliveries">
      <header class="panel-head">
        <h2>Deliveries to <code>{hook.url}</code></h2>
        <div class="segments small" role="group" aria-label="Shown">
          {CHOICES.map(([each, title]) => (
            <button key={each} type="button" aria-pressed={each === status} onClick={() => { setStatus(each); turn([]); }}>{title}</button>
          ))}
        </div>
      </header>
      {refused(acting) === null ? null : <p class="refusal" role="alert">{acting.refusal}</p>}
      {problem === null ? null : <Trouble problem={problem} what="log" />}
      {data === null ? (problem === null ? <Loading what="the log" /> : null) : <Lines lines={data.items} mayChange={mayChange && !acting.isBusy} resend={resend} opened={opened} open={setOpened} />}
      {opened === null ? null : <AttemptLog owner={owner} hookId={hook.webhook_id} line={opened} />}
      <div class="buttons">
        <button type="button" disabled={cursors.length === 0} onClick={() => { turn(cursors.slice(0, -1)); }}>Newer</button>
        <button type="button" disabled={next === null} onClick={() => { if (next !== null) turn([...cursors, next]); }}>Older</button>
        <button type="button" disabled={!mayChange || acting.isBusy} onClick={() => { resend(""); }}>Send all given up again</button>
      </div>
    </section>
  );
}

interface LinesProps {
  lines: Delivery[];
  mayChange: boolean;
  resend: (which: string) => void;
  opened: Delivery | null;
  open: (line: Delivery | null) => void;
}

function Lines(props: LinesProps): JSX.Element {
  if (props.lines.length === 0) return <Empty title="There is none" />;
  return (
    <div class="board-scroll" role="region" aria-label="List of deliveries" tabIndex={0}>
      <table class="board words">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Event</th>
            <th scope="col">State</th>
            <th scope="col">Attempts</th>
            <th scope="col">Last answer</th>
            <th scope="col">Match</th>
            <th scope="col"><span class="hidden">Send again</span></th>
          </tr>
        </thead>
        <tbody>
          {props.lines.map((line) => (
            <tr key={line.delivery_id}>
              <th scope="row">{moment(line.created_at)}</th>
              <td>{line.type}</td>
              <td><StatusTag status={line.status} /></td>
              <td>
                <button type="button" class="small" aria-expanded={line.delivery_id === props.opened?.delivery_id} aria-label={`Attempts of ${line.type} of ${moment(line.created_at)}: ${line.attempts}`} onClick={() => { props.open(line.delivery_id === props.opened?.delivery_id ? null : line); }}>{line.attempts}</button>
              </td>
              <td>{line.last_error ?? line.last_status ?? "–"}</td>
              <td><code>{line.match_id ?? "–"}</code></td>
              <td>{line.status === "pending" ? null : <button type="button" class="small" disabled={!props.mayChange} aria-label={`Send again ${line.type} of ${moment(line.created_at)}`} onClick={() => { props.resend(`/${line.delivery_id}`); }}>Send again</button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
