/* A new client with its first key. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { KeyMade, NewTenant, PlanView } from "../contract_records";
import { V1, send } from "../rest";
import { PlanOptions, ScopeBoxes, type Scope } from "./fields";
import { refused, useAct } from "./use_act";

const USUAL: Scope[] = ["read", "live"];

export function NewClient(props: { plans: PlanView[]; made: (key: KeyMade, name: string) => void }): JSX.Element {
  const [name, setName] = useState("");
  const [plan, setPlan] = useState("standard");
  const [matches, setMatches] = useState("");
  const [days, setDays] = useState("");
  const [scopes, setScopes] = useState(USUAL);
  const acting = useAct();
  const create = async (): Promise<void> => {
    const body = { name: name.trim(), plan, scopes, matches: patterns(matches), days: days === "" ? null : Number(days) } satisfies NewTenant;
    const made = await send<KeyMade>("POST", `${V1}/tenants`, body);
    setName("");
    props.made(made, body.name);
  };
  return (
    <section class="panel stack" aria-label="New client">
      <header class="panel-head"><h2>New client</h2></header>
      <form class="fields" onSubmit={(event) => { event.preventDefault(); acting.run(create); }}>
        <label>Name<input required maxLength={100} value={name} onInput={(event) => { setName(event.currentTarget.value); }} /></label>
        <label>Plan<select value={plan} onChange={(event) => { setPlan(event.currentTarget.value); }}><PlanOptions plans={props.plans} /></select></label>
        <label>Matches<input placeholder="all, or patterns: league-*" value={matches} onInput={(event) => { setMatches(event.currentTarget.value); }} /></label>
        <label>Days<input type="number" min={1} max={36500} placeholder="for ever" value={days} onInput={(event) => { setDays(event.currentTarget.value); }} /></label>
        <ScopeBoxes scopes={scopes} choose={setScopes} />
        <button class="main" type="submit" disabled={acting.isBusy || scopes.length === 0}>Create</button>
      </form>
      {refused(acting) === null ? null : <p class="refusal" role="alert">{acting.refusal}</p>}
    </section>
  );
}

/** Patterns between blanks or commas; none is all matches. */
function patterns(text: string): string[] | null {
  const found = text.split(/[\s,]+/).filter(Boolean);
  return found.length === 0 ? null : found;
}
