/* One client: its plan, its keys and what may be done to them, what it asked. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { signedIn } from "../access/key";
import type { KeyMade, PlanView, TenantKey, TenantView } from "../contract_records";
import { moment } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { useTitle } from "../parts/use_title";
import { V1, send } from "../rest";
import { useRest } from "../use_rest";
import { WebhooksPanel } from "../webhooks/panel";
import { Confirm } from "./confirm";
import { PlanOptions } from "./fields";
import { Secret } from "./secret";
import { UsagePanel } from "./usage";
import { refused, useAct, type Acting } from "./use_act";

const LOOK_MS = 10_000;

/** What is asked about before it is done. */
interface Doubt {
  title: string;
  act: string;
  why: string;
  run: () => Promise<void>;
}

export function TenantPage(props: { clientId: string }): JSX.Element {
  const path = `${V1}/tenants/${encodeURIComponent(props.clientId)}`;
  const [version, setVersion] = useState(0);
  const [secret, setSecret] = useState("");
  const [doubt, setDoubt] = useState<Doubt | null>(null);
  const acting = useAct();
  const { data, problem } = useRest<TenantView>(path, { version, everyMs: LOOK_MS });
  useTitle(data?.name ?? null);
  if (data === null) return <div class="page">{problem === null ? <Loading what="the client" /> : <Trouble problem={problem} what="client" />}</div>;
  const change = (act: () => Promise<unknown>): (() => Promise<void>) => async () => {
    await act();
    setVersion((count) => count + 1);
  };
  const make = (part: string): void => {
    acting.run(change(async () => { setSecret((await send<KeyMade>("POST", `${path}/${part}`, {})).key); }));
  };
  const revoke = (keyId: string | null): void => {
    const what = keyId === null ? "all keys" : `the key mr_${keyId}`;
    const run = change(() => send("DELETE", keyId === null ? `${path}/keys` : `${path}/keys/${keyId}`));
    setDoubt({ title: `Revoke ${what}?`, act: "Revoke", why: `Whoever uses ${what} of ${data.name} is shut out within five seconds. It cannot be taken back.`, run });
  };
  return (
    <div class="page">
      <div class="page-head">
        <h1>{data.name}</h1>
        <a class="link" href="#/tenants">All clients</a>
      </div>
      {problem === null ? null : <Trouble problem={problem} what="client" />}
      {secret === "" ? null : <Secret text={secret} what="key" client={data.name} done={() => { setSecret(""); }} />}
      {refused(acting) === null ? null : <p class="refusal" role="alert">{acting.refusal}</p>}
      <Facts tenant={data} acting={acting} setPlan={(plan) => { acting.run(change(() => send("PUT", `${path}/plan`, { plan }))); }} />
      <Keys keys={data.keys} isBusy={acting.isBusy} make={make} revoke={revoke} />
      <WebhooksPanel owner={{ clientId: data.client_id, name: data.name }} mayChange={signedIn()?.scopes.includes("webhooks") ?? true} />
      <UsagePanel path={`${path}/usage?days=31`} />
      {doubt === null ? null : <Confirm title={doubt.title} act={doubt.act} no={() => { setDoubt(null); }} yes={() => { setDoubt(null); acting.run(doubt.run); }}>{doubt.why}</Confirm>}
    </div>
  );
}

function Facts(props: { tenant: TenantView; acting: Acting; setPlan: (plan: string) => void }): JSX.Element {
  const { tenant } = props;
  const plans = useRest<PlanView[]>(`${V1}/tenants/plans`);
  return (
    <section class="panel stack" aria-label="Client">
      <dl class="facts">
        <div><dt>Id</dt><dd><code>{tenant.client_id.slice(0, 8)}</code></dd></div>
        <div><dt>Since</dt><dd>{moment(tenant.created_at)}</dd></div>
        <div><dt>May see</dt><dd>{tenant.matches === null ? "all matches" : tenant.matches.join(", ")}</dd></div>
        <div>
          <dt><label for="plan">Plan</label></dt>
          <dd class="select">
            <select id="plan" value={tenant.plan} disabled={props.acting.isBusy} onChange={(event) => { props.setPlan(event.currentTarget.value); }}>
              {plans.data === null ? <option>{tenant.plan}</option> : <PlanOptions plans={plans.data} />}
            </select>
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Keys(props: { keys: TenantKey[]; isBusy: boolean; make: (part: string) => void; revoke: (keyId: string | null) => void }): JSX.Element {
  const taken = props.keys.filter((key) => key.state === "taken");
  return (
    <section class="panel stack" aria-label="Keys">
      <header class="panel-head">
        <h2>Keys</h2>
        <span class="buttons">
          <button type="button" disabled={props.isBusy} onClick={() => { props.make("keys"); }}>Add a key</button>
          <button type="button" disabled={props.isBusy} title="A new key; the others are taken for a day more" onClick={() => { props.make("rotations"); }}>Rotate</button>
          <button type="button" class="danger" disabled={props.isBusy || taken.length === 0} onClick={() => { props.revoke(null); }}>Revoke all</button>
        </span>
      </header>
      {props.keys.length === 0 ? <Empty title="This client has no key" /> : <KeyTable {...props} />}
    </section>
  );
}

function KeyTable(props: { keys: TenantKey[]; isBusy: boolean; revoke: (keyId: string | null) => void }): JSX.Element {
  return (
    <div class="board-scroll" role="region" aria-label="List of keys" tabIndex={0}>
      <table class="board words">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">State</th>
            <th scope="col">May</th>
            <th scope="col">Since</th>
            <th scope="col">Until</th>
            <th scope="col"><span class="hidden">Revoke</span></th>
          </tr>
        </thead>
        <tbody>
          {props.keys.map((key) => (
            <tr key={key.key_id}>
              <th scope="row"><code>mr_{key.key_id}</code></th>
              <td><span class={`tag ${key.state === "taken" ? "live" : ""}`}>{key.state === "taken" ? "in use" : key.state}</span></td>
              <td>{key.scopes.join(", ")}</td>
              <td>{moment(key.created_at)}</td>
              <td>{until(key)}</td>
              <td>{key.state === "taken" ? <button type="button" class="danger small" disabled={props.isBusy} aria-label={`Revoke mr_${key.key_id}`} onClick={() => { props.revoke(key.key_id); }}>Revoke</button> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function until(key: TenantKey): string {
  const end = key.revoked_at ?? key.expires_at;
  return end === null ? "–" : moment(end);
}
