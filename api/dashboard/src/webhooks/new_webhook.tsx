/* A new webhook: where it goes, and what it gets. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { EventType, NewWebhook, WebhookMade } from "../contract_records";
import { send } from "../rest";
import { refused, useAct } from "../tenants/use_act";
import { hooksPath, type Owner } from "./paths";

const TITLES: Record<EventType, string> = {
  "match.started": "Match started",
  "round.ended": "Round ended",
  "map.ended": "Map ended",
  "series.ended": "Series ended",
  "round.swing": "Swing",
  "match.corrected": "Correction",
  "model.switched": "Model switched",
};
const TYPES = Object.keys(TITLES) as EventType[];

export function NewWebhookForm(props: { owner: Owner; made: (secret: string) => void }): JSX.Element {
  const [url, setUrl] = useState("");
  const [types, setTypes] = useState<EventType[]>(TYPES);
  const acting = useAct();
  const create = async (): Promise<void> => {
    const body = { url: url.trim(), types } satisfies NewWebhook;
    const made = await send<WebhookMade>("POST", hooksPath(props.owner), body);
    setUrl("");
    props.made(made.secret);
  };
  const choose = (type: EventType, isWanted: boolean): void => {
    setTypes(TYPES.filter((each) => (each === type ? isWanted : types.includes(each))));
  };
  return (
    <form class="fields new-webhook" aria-label="New webhook" onSubmit={(event) => { event.preventDefault(); acting.run(create); }}>
      <label>Goes to<input type="url" required maxLength={2048} placeholder="https://" value={url} onInput={(event) => { setUrl(event.currentTarget.value); }} /></label>
      <fieldset class="boxes">
        <legend class="hidden">Events</legend>
        {TYPES.map((type) => (
          <label key={type}>
            <input type="checkbox" checked={types.includes(type)} onChange={(event) => { choose(type, event.currentTarget.checked); }} />
            {TITLES[type]}
          </label>
        ))}
      </fieldset>
      <button class="main" type="submit" disabled={acting.isBusy || types.length === 0}>Add webhook</button>
      {refused(acting) === null ? null : <p class="refusal" role="alert">Refused: {acting.refusal}.</p>}
    </form>
  );
}
