/* A socket that first gets a ticket: a browser sends no key with a WebSocket.

Belongs here: the wait for the ticket. Does not belong here: when to connect (`connection`). */

import { ProblemError } from "../rest";
import { CLOSE_FORBIDDEN, CLOSE_NO_KEY, CLOSE_TOO_MANY, type Closing, type Socket } from "./connection";

/** What a closing says that no ticket was to be had: the same as of a cut line. */
export const CLOSE_NO_TICKET = 1006;
/** The problem of an API that asks for no key. */
const OPEN = "urn:midround:problem:open";

export class TicketedSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  private inner: Socket | null = null;
  private isClosed = false;

  /** `url` has no query. */
  constructor(url: string, ticket: () => Promise<string>, open: (url: string) => Socket) {
    const begin = (at: string): void => {
      if (!this.isClosed) this.begin(open(at));
    };
    ticket().then(
      (text) => { begin(`${url}?ticket=${encodeURIComponent(text)}`); },
      (error: unknown) => {
        if (isOpen(error)) begin(url);
        else this.onclose?.(closingOf(error));
      },
    );
  }

  send(text: string): void {
    this.inner?.send(text);
  }

  close(): void {
    this.isClosed = true;
    if (this.inner === null) return;
    this.inner.onopen = this.inner.onmessage = this.inner.onclose = null;
    this.inner.close();
  }

  private begin(inner: Socket): void {
    this.inner = inner;
    inner.onopen = () => this.onopen?.();
    inner.onmessage = (message) => this.onmessage?.(message);
    inner.onclose = (closing) => this.onclose?.(closing);
  }
}

/** Whether no ticket is needed: the API asks nobody for a key, also not this tab that still has one. */
function isOpen(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.type === OPEN;
}

/** As the server closes a socket that it refuses for the same reason; what would be refused again is refused for good. */
function closingOf(error: unknown): Closing {
  if (!(error instanceof ProblemError)) return { code: CLOSE_NO_TICKET };
  const lasting = error.retryMs === null ? CLOSE_FORBIDDEN : CLOSE_NO_TICKET;
  const code = { 401: CLOSE_NO_KEY, 429: CLOSE_TOO_MANY }[error.problem.status] ?? lasting;
  return { code, reason: error.problem.detail };
}
