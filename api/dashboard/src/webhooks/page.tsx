/* Webhooks of the client whose key this tab has. */

import type { JSX } from "preact";
import { signedIn } from "../access/key";
import { WebhooksPanel } from "./panel";

export default function WebhooksPage(): JSX.Element {
  const who = signedIn();
  return (
    <div class="page">
      <div class="page-head">
        <h1>Webhooks</h1>
      </div>
      <WebhooksPanel owner={{ clientId: null, name: who?.client ?? "" }} mayChange={who?.scopes.includes("webhooks") ?? false} />
    </div>
  );
}
