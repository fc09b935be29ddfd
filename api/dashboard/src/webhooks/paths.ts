/* Addresses of webhooks in REST. */

import { V1 } from "../rest";

export interface Owner {
  /** Of another client than the one that asks, for administrators; null: of the one that asks. */
  clientId: string | null;
  name: string;
}

export function hooksPath(owner: Owner, part = "", query: Record<string, string> = {}): string {
  const asked = new URLSearchParams({ ...query, ...(owner.clientId === null ? {} : { client_id: owner.clientId }) }).toString();
  return `${V1}/webhooks${part}${asked === "" ? "" : `?${asked}`}`;
}
