/* Webhooks of one client: which there are, how they do, and what may be done to them. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { WebhookMade, WebhookView } from "../contract_records";
import { moment } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { send } from "../rest";
import { Confirm } from "../tenants/confirm";
import { Secret } from "../tenants/secret";
import { refused, useAct } from "../tenants/use_act";
import { useRest } from "../use_rest";
import { DeliveryLog, StatusTag } from "./deliveries";
import { NewWebhookForm } from "./new_webhook";
import { hooksPath, type Owner } from "./paths";

const LOOK_MS = 30_000;

/** What the buttons of a line do. */
interface Acts {
  log: (hook: WebhookView) => void;
  ping: (hook: WebhookView) => void;
  rotate: (hook: WebhookView) => void;
  remove: (hook: WebhookView) => void;
}

export function WebhooksPanel(props: { owner: Owner; mayChange: boolean }): JSX.Element {
  const { owner, mayChange } = props;
  const [version, setVersion] = useState(0);
  const [secret, setSecret] = useState("");
  const [doubted, setDoubted] = useState<WebhookView | null>(null);
  const [logged, setLogged] = useState<WebhookView | null>(null);
  const acting = useAct();
  const { data, problem } = useRest<WebhookView[]>(hooksPath(owner), { version, everyMs: LOOK_MS });
  const change = (method: "POST" | "DELETE", part: string): void => {
    acting.run(async () => {
      const made = await send<Partial<WebhookMade> | undefined>(method, hooksPath(owner, part));
      if (made?.secret !== undefined) setSecret(made.secret);
      setVersion((count) => count + 1);
    });
  };
  const acts: Acts = {
    log: setLogged,
    ping: (hook) => { change("POST", `/${hook.webhook_id}/ping`); setLogged(hook); },
    rotate: (hook) => { change("POST", `/${hook.webhook_id}/secret`); },
    remove: setDoubted,
  };
  const remove = (hook: WebhookView): void => {
    setDoubted(null);
    if (hook.webhook_id === logged?.webhook_id) setLogged(null);
    change("DELETE", `/${hook.webhook_id}`);
  };
  return (
    <>
      {secret === "" ? null : <Secret text={secret} what="secret" client={`the webhook of ${owner.name}`} done={() => { setSecret(""); }} />}
      <section class="panel stack" aria-label="Webhooks">
        <header class="panel-head">
          <h2>Webhooks</h2>
          <span class="muted small">signed POSTs about what happens in matches</span>
        </header>
        {refused(acting) === null ? null : <p class="refusal" role="alert">{acting.refusal}</p>}
        {problem === null ? null : <Trouble problem={problem} what="webhooks" />}
        {data === null ? (problem === null ? <Loading what="the webhooks" /> : null) : <Hooks hooks={data} acts={acts} mayChange={mayChange && !acting.isBusy} />}
        {data === null ? null : mayChange ? <NewWebhookForm owner={owner} made={(text) => { setSecret(text); setVersion((count) => count + 1); }} /> : <p class="muted small">This key has not the scope webhooks: it may look and change nothing.</p>}
      </section>
      {logged === null ? null : <DeliveryLog key={logged.webhook_id} owner={owner} hook={logged} mayChange={mayChange} version={version} />}
      {doubted === null ? null : (
        <Confirm title="Delete this webhook?" act="Delete" no={() => { setDoubted(null); }} yes={() => { remove(doubted); }}>
          {doubted.url} gets nothing more. What waits for it and the log of what was sent go too.
        </Confirm>
      )}
    </>
  );
}

function Hooks(props: { hooks: WebhookView[]; acts: Acts; mayChange: boolean }): JSX.Element {
  if (props.hooks.length === 0) return <Empty title="There is no webhook yet" />;
  return (
    <div class="board-scroll" role="region" aria-label="List of webhooks" tabIndex={0}>
      <table class="board words">
        <thead>
          <tr>
            <th scope="col">Goes to</th>
            <th scope="col">Newest delivery</th>
            <th scope="col">Events</th>
            <th scope="col">Since</th>
            <th scope="col"><span class="hidden">Acts</span></th>
          </tr>
        </thead>
        <tbody>
          {props.hooks.map((hook) => (
            <Line key={hook.webhook_id} {...props} hook={hook} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line(props: { hook: WebhookView; acts: Acts; mayChange: boolean }): JSX.Element {
  const { hook, acts, mayChange } = props;
  return (
    <tr>
      <th scope="row"><code>{hook.url}</code></th>
      <td>{hook.newest_delivery === null ? "none yet" : <StatusTag status={hook.newest_delivery} />}</td>
      <td title={hook.types.join(", ")}>{hook.types.length === 1 ? hook.types[0] : `${hook.types.length} types`}</td>
      <td>{moment(hook.created_at)}</td>
      <td><span class="buttons">
        <button type="button" class="small" aria-label={`Log of ${hook.url}`} onClick={() => { acts.log(hook); }}>Log</button>
        <button type="button" class="small" disabled={!mayChange} aria-label={`Send a test event to ${hook.url}`} onClick={() => { acts.ping(hook); }}>Test</button>
        <button type="button" class="small" disabled={!mayChange} aria-label={`New secret for ${hook.url}`} title="The secret before signs for a day more" onClick={() => { acts.rotate(hook); }}>New secret</button>
        <button type="button" class="danger small" disabled={!mayChange} aria-label={`Delete ${hook.url}`} onClick={() => { acts.remove(hook); }}>Delete</button>
      </span></td>
    </tr>
  );
}
