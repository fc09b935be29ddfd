/* Clients of the API: who there is, a new one, what was done to them. For administrators. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { KeyMade, PlanView, TenantView } from "../contract_records";
import { Empty, Loading, Trouble } from "../parts/states";
import { usePaced } from "../parts/use_paced";
import { V1 } from "../rest";
import { tenantHash } from "../route";
import { useRest } from "../use_rest";
import { Audit } from "./audit";
import { NewClient } from "./new_client";
import { Secret } from "./secret";
import { TenantPage } from "./tenant";

const LOOK_MS = 10_000;
const SEEK_MS = 300;
/** Clients in the list, which says so where it is full. */
const SHOWN = 100;
/** A rate or number from here on is no limit that anybody meets. */
const NEVER_MET = 100_000;

export default function TenantsPage(props: { id: string | null }): JSX.Element {
  return props.id === null ? <AllTenants /> : <TenantPage key={props.id} clientId={props.id} />;
}

function AllTenants(): JSX.Element {
  const [version, setVersion] = useState(0);
  const [secret, setSecret] = useState<{ key: KeyMade; client: string } | null>(null);
  const [name, setName] = useState("");
  const sought = usePaced(name.trim(), SEEK_MS);
  const tenants = useRest<TenantView[]>(`${V1}/tenants?name=${encodeURIComponent(sought)}&limit=${SHOWN}`, { version, everyMs: LOOK_MS });
  const plans = useRest<PlanView[]>(`${V1}/tenants/plans`);
  return (
    <div class="page">
      <div class="page-head">
        <h1>Tenants</h1>
        <label class="search">
          <span class="hidden">Find a client</span>
          <input type="search" placeholder="Find a client" maxLength={100} value={name} onInput={(event) => { setName(event.currentTarget.value); }} />
        </label>
      </div>
      {secret === null ? null : <Secret text={secret.key.key} what="key" client={secret.client} done={() => { setSecret(null); }} />}
      <section class="panel stack" aria-label="Clients">
        <header class="panel-head"><h2>Clients</h2></header>
        {tenants.problem === null ? null : <Trouble problem={tenants.problem} what="list of clients" />}
        {tenants.data === null ? (tenants.problem === null ? <Loading what="the clients" /> : null) : <Tenants tenants={tenants.data} isAll={sought === ""} />}
        {tenants.data?.length === SHOWN ? <p class="muted small">The first {SHOWN} by name. Others are found by a part of theirs.</p> : null}
      </section>
      {plans.data === null ? null : <NewClient plans={plans.data} made={(key, client) => { setSecret({ key, client }); setVersion((count) => count + 1); }} />}
      {plans.data === null ? null : <Plans plans={plans.data} />}
      <Audit version={version} />
    </div>
  );
}

function Tenants(props: { tenants: TenantView[]; isAll: boolean }): JSX.Element {
  if (props.tenants.length === 0 && !props.isAll) return <Empty title="No client of that name" />;
  if (props.tenants.length === 0) return <Empty title="There is no client yet">The API asks nobody but its clients where others than this machine can reach it.</Empty>;
  return (
    <div class="board-scroll" role="region" aria-label="List of clients" tabIndex={0}>
      <table class="board words">
        <thead>
          <tr>
            <th scope="col">Client</th>
            <th scope="col">Plan</th>
            <th scope="col">Keys in use</th>
            <th scope="col">Matches</th>
          </tr>
        </thead>
        <tbody>
          {props.tenants.map((tenant) => (
            <tr key={tenant.client_id}>
              <th scope="row"><a class="link" href={tenantHash(tenant.client_id)}>{tenant.name}</a></th>
              <td>{tenant.plan}</td>
              <td>{tenant.keys.filter((key) => key.state === "taken").length}</td>
              <td>{tenant.matches === null ? "all" : tenant.matches.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Plans(props: { plans: PlanView[] }): JSX.Element {
  const figure = (value: number): string => (value >= NEVER_MET ? "no limit" : value.toLocaleString("en-US"));
  return (
    <section class="panel stack" aria-label="Plans">
      <header class="panel-head"><h2>Plans</h2></header>
      <div class="board-scroll" role="region" aria-label="Limits of plans" tabIndex={0}>
        <table class="board">
          <thead>
            <tr>
              <th scope="col">Plan</th>
              <th scope="col">Requests a second</th>
              <th scope="col">At once</th>
              <th scope="col">Live feeds</th>
              <th scope="col">A month</th>
            </tr>
          </thead>
          <tbody>
            {props.plans.map((plan) => (
              <tr key={plan.name}>
                <th scope="row">{plan.name}</th>
                <td>{figure(plan.requests_per_second)}</td>
                <td>{figure(plan.burst)}</td>
                <td>{figure(plan.connections)}</td>
                <td>{plan.monthly === null ? "no limit" : plan.monthly.toLocaleString("en-US")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
