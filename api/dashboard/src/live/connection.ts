/* The socket of one match's live feed: opens, resumes after a cut, suspends in silence.

Belongs here: when to connect and from which seq. Does not belong here: what frames mean (`feed`). */

import { lock, signedIn } from "../access/key";
import type { Frame } from "../contract";
import { ticket } from "../rest";
import { EMPTY, type Feed, receive, resumeFrom } from "./feed";
import { TicketedSocket } from "./ticketed";

/** Three heartbeats (rule 4). */
export const SILENCE_MS = 15_000;
export const RETRY_FIRST_MS = 300;
export const RETRY_LAST_MS = 5_000;
export const CLOSE_INVALID = 4400;
export const CLOSE_NO_KEY = 4401;
export const CLOSE_UNKNOWN_MATCH = 4404;

export type Link = "connecting" | "live" | "resuming" | "unknown" | "closed";

export interface Status {
  link: Link;
  /** When the last frame came, in milliseconds of the wall clock; null before the first. */
  heardMs: number | null;
  /** How often the connection was cut and came back. */
  cuts: number;
}

/** What of a WebSocket is used here, so that a test can stand in for it. */
export interface Socket {
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: ((closing: { code: number }) => void) | null;
  close(): void;
}

export interface Surroundings {
  open: (url: string) => Socket;
  nowMs: () => number;
  /** Calls later; the answer undoes it. */
  later: (act: () => void, ms: number) => () => void;
}

export type Told = (feed: Feed, status: Status) => void;

export class Connection {
  private feed: Feed = EMPTY;
  private status: Status = { link: "connecting", heardMs: null, cuts: 0 };
  private socket: Socket | null = null;
  private retryMs = RETRY_FIRST_MS;
  private undoRetry: (() => void) | null = null;
  private undoSilence: (() => void) | null = null;

  constructor(
    private readonly url: string,
    private readonly around: Surroundings,
    private readonly told: Told,
  ) {
    this.connect(null);
  }

  /** Ends it for good. */
  close(): void {
    this.say({ link: "closed" });
    this.undoRetry?.();
    this.drop();
  }

  /** Cuts the connection; it resumes by itself. */
  cut(): void {
    this.drop();
    this.retry();
  }

  private connect(fromSeq: number | null): void {
    const socket = this.around.open(fromSeq === null ? this.url : `${this.url}?from_seq=${fromSeq}`);
    this.socket = socket;
    this.watchSilence();
    socket.onmessage = (message) => {
      this.take(JSON.parse(String(message.data)) as Frame);
    };
    socket.onclose = (closing) => {
      this.drop();
      if (closing.code === CLOSE_INVALID) this.feed = { ...this.feed, isAwaiting: true };
      this.retry(closing.code === CLOSE_UNKNOWN_MATCH);
    };
  }

  private take(frame: Frame): void {
    this.retryMs = RETRY_FIRST_MS;
    this.feed = receive(this.feed, frame);
    this.watchSilence();
    this.say({ link: "live", heardMs: this.around.nowMs() });
  }

  private retry(isUnknown = false): void {
    if (this.status.link === "closed") return;
    const cuts = this.status.link === "live" ? this.status.cuts + 1 : this.status.cuts;
    this.say({ link: isUnknown ? "unknown" : "resuming", cuts });
    const wait = isUnknown ? RETRY_LAST_MS : this.retryMs;
    this.retryMs = Math.min(this.retryMs * 2, RETRY_LAST_MS);
    this.undoRetry?.();
    this.undoRetry = this.around.later(() => {
      this.connect(resumeFrom(this.feed));
    }, wait);
  }

  private drop(): void {
    this.undoSilence?.();
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private watchSilence(): void {
    this.undoSilence?.();
    this.undoSilence = this.around.later(() => {
      this.cut();
    }, SILENCE_MS);
  }

  private say(change: Partial<Status>): void {
    this.status = { ...this.status, ...change };
    this.told(this.feed, this.status);
  }
}

/** The browser's own. */
export const BROWSER: Surroundings = {
  open: (url) => (signedIn() === null ? plain(url) : new TicketedSocket(url, ticket, plain)),
  nowMs: () => Date.now(),
  later: (act, ms) => {
    const timer = setTimeout(act, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** A WebSocket; one that is closed for want of a key has the page ask for one. */
function plain(url: string): Socket {
  const socket = new WebSocket(url);
  socket.addEventListener("close", (closing) => {
    if (closing.code === CLOSE_NO_KEY) lock();
  });
  return socket as unknown as Socket;
}

/** The feed's address on the server that served the page. */
export function liveUrl(matchId: string, at: { protocol: string; host: string } = location): string {
  const scheme = at.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${at.host}/api/v1/matches/${encodeURIComponent(matchId)}/live`;
}
