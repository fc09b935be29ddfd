/* Fields that forms about clients share. */

import type { JSX } from "preact";
import type { NewTenant, PlanView } from "../contract_records";

export type Scope = NonNullable<NewTenant["scopes"]>[number];
const SCOPES: readonly [Scope, string][] = [
  ["read", "Read"],
  ["live", "Live feeds"],
  ["announce", "Announcements"],
  ["webhooks", "Webhooks"],
  ["admin", "Administration"],
];

export function PlanOptions(props: { plans: PlanView[] }): JSX.Element {
  return (
    <>
      {props.plans.map((plan) => (
        <option key={plan.name} value={plan.name}>{plan.name}</option>
      ))}
    </>
  );
}

export function ScopeBoxes(props: { scopes: Scope[]; choose: (scopes: Scope[]) => void }): JSX.Element {
  return (
    <fieldset class="boxes">
      <legend>May</legend>
      {SCOPES.map(([scope, title]) => (
        <label key={scope}>
          <input type="checkbox" checked={props.scopes.includes(scope)} onChange={(event) => { props.choose(SCOPES.map(([each]) => each).filter((each) => (each === scope ? event.currentTarget.checked : props.scopes.includes(each)))); }} />
          {title}
        </label>
      ))}
    </fieldset>
  );
}
