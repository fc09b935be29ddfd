/* A socket that first gets a ticket: a browser sends no key with a WebSocket.

Belongs here: the wait for the ticket. Does not belong here: when to connect (`connection`). */

import { ProblemError } from "../rest";
import { CLOSE_FORBIDDEN, CLOSE_TOO_MANY, type Closing, type Socket } from "./connection";

/** What a closing says that no ticket was to be had: the same as of a cut line. */
export const CLOSE_NO_TICKET = 1006;

export class TicketedSocket implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  private inner: Socket | null = null;
  private isClosed = false;

  constructor(url: string, ticket: () => Promise<string>, open: (url: string) => Socket) {
    ticket().then(
      (text) => {
        if (!this.isClosed) this.begin(open(`${url}${url.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(text)}`));
      },
      (error: unknown) => {
        this.onclose?.(closingOf(error));
      },
    );
  }

  close(): void {
    this.isClosed = true;
    if (this.inner === null) return;
    this.inner.onmessage = this.inner.onclose = null;
    this.inner.close();
  }

  private begin(inner: Socket): void {
    this.inner = inner;
    inner.onmessage = (message) => this.onmessage?.(message);
    inner.onclose = (closing) => this.onclose?.(closing);
  }
}

/** As the server closes a socket that it refuses for the same reason. */
function closingOf(error: unknown): Closing {
  if (!(error instanceof ProblemError)) return { code: CLOSE_NO_TICKET };
  const code = { 403: CLOSE_FORBIDDEN, 429: CLOSE_TOO_MANY }[error.problem.status] ?? CLOSE_NO_TICKET;
  return { code, reason: error.problem.detail };
}
