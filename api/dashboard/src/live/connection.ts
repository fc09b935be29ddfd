/* The socket of one match's live feed: opens, resumes after a cut, suspends in silence.

Belongs here: when to connect and from which seq. Does not belong here: what frames mean (`feed`). */

import { lock, signedIn } from "../access/key";
import type { Frame, RefusedFrame } from "../contract";
import { ticket } from "../rest";
import { connected, EMPTY, type Feed, receive, resumeFrom } from "./feed";
import { TicketedSocket } from "./ticketed";

/** Three heartbeats (rule 4). */
export const SILENCE_MS = 15_000;
export type Channel = "state" | "predictions" | "positions" | "events";
export const CHANNELS: readonly Channel[] = ["state", "predictions", "positions"];
/** What a replay follows besides. */
export const WITH_EVENTS: readonly Channel[] = [...CHANNELS, "events"];
export const RETRY_FIRST_MS = 300;
export const RETRY_LAST_MS = 5_000;
export const CLOSE_NO_KEY = 4401;
export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_TOO_MANY = 4429;
/** A plan has room again when another page is closed. */
export const RETRY_REFUSED_MS = 30_000;

export type Link = "connecting" | "live" | "resuming" | "unknown" | "refused" | "closed";

/** Why the server will not send the feed. */
export interface Refusal {
  reason: string;
  /** Whether asking again would change nothing. */
  isFinal: boolean;
}

export interface Status {
  link: Link;
  /** With the link `refused`. */
  refusal: Refusal | null;
  /** When the last frame came, in milliseconds of the wall clock; null before the first. */
  heardMs: number | null;
  /** When the frame came that led to the seq of the feed. */
  movedMs: number | null;
  /** When the source last moved the match; null before it has done so on this page. Our own clock is no source. */
  spokeMs: number | null;
  /** When the first frame of this connection came: what was received before it was missed meanwhile. */
  openedMs: number | null;
  /** How often the connection was cut and came back. */
  cuts: number;
}

export const BEGINNING: Status = { link: "connecting", refusal: null, heardMs: null, movedMs: null, spokeMs: null, openedMs: null, cuts: 0 };

export interface Closing {
  code: number;
  reason?: string;
}

/** What of a WebSocket is used here, so that a test can stand in for it. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: ((closing: Closing) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Surroundings {
  open: (url: string) => Socket;
  nowMs: () => number;
  /** From 0 to 1. */
  chance: () => number;
  /** Calls later; the answer undoes it. */
  later: (act: () => void, ms: number) => () => void;
}

export type Told = (feed: Feed, status: Status) => void;

export class Connection {
  private feed: Feed = EMPTY;
  private status: Status = BEGINNING;
  private socket: Socket | null = null;
  private retryMs = RETRY_FIRST_MS;
  private undoRetry: (() => void) | null = null;
  private undoSilence: (() => void) | null = null;
  private isOpen = false;
  private channels = CHANNELS;

  constructor(
    private readonly url: string,
    private readonly matchId: string,
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

  /** Follows these channels from now on, on the same connection. */
  follow(channels: readonly Channel[]): void {
    if (channels === this.channels) return;
    this.channels = channels;
    this.feed = { ...this.feed, run: null };
    if (!this.isOpen) return;
    const fromSeq = resumeFrom(this.feed);
    this.feed = connected(this.feed, fromSeq);
    this.subscribe(fromSeq);
    this.say({});
  }

  /** Cuts the connection; it resumes by itself. */
  cut(): void {
    this.drop();
    this.retry(null);
  }

  private connect(fromSeq: number | null): void {
    const socket = this.around.open(this.url);
    this.socket = socket;
    this.watchSilence();
    this.feed = connected(this.feed, fromSeq);
    this.status = { ...this.status, openedMs: null };
    socket.onopen = () => {
      this.isOpen = true;
      this.subscribe(fromSeq);
    };
    socket.onmessage = (message) => {
      const frame = JSON.parse(String(message.data)) as Frame;
      if (frame.message === "refused") this.giveUp(frame);
      else this.take(frame);
    };
    socket.onclose = (closing) => {
      this.drop();
      this.retry(closing);
    };
  }

  private subscribe(fromSeq: number | null): void {
    const { matchId, channels } = this;
    this.socket?.send(JSON.stringify({ op: "subscribe", match_id: matchId, channels, ...(fromSeq === null ? {} : { from_seq: fromSeq }) }));
  }

  /** A heartbeat before the server has said that the match is followed tells nothing of it, nor does an event that was on
  its way as events were followed no more. */
  private take(frame: Frame): void {
    this.watchSilence();
    if (frame.message === "event" && !this.channels.includes("events")) return;
    const nowMs = this.around.nowMs();
    const before = this.feed;
    const { heardMs, movedMs, spokeMs, openedMs, cuts } = this.status;
    this.feed = receive(before, frame);
    if (openedMs === null && frame.message === "heartbeat") return;
    this.retryMs = RETRY_FIRST_MS;
    const isBack = heardMs !== null && openedMs === null;
    this.say({
      link: "live",
      refusal: null,
      heardMs: nowMs,
      movedMs: this.feed.seq === before.seq ? movedMs : nowMs,
      spokeMs: before.isOpening || this.feed.spokeSeq === before.spokeSeq ? spokeMs : nowMs,
      openedMs: openedMs ?? nowMs,
      cuts: isBack ? cuts + 1 : cuts,
    });
  }

  /** The match is not followed. What of it is not known yet may be known later; the store, which may know it, may come back. */
  private giveUp({ field }: RefusedFrame): void {
    this.drop();
    if (field === "$.from_seq") this.feed = { ...this.feed, isAwaiting: true };
    this.retry(null, field === "$.match_id");
  }

  private retry(closing: Closing | null, isUnknown = false): void {
    if (this.status.link === "closed") return;
    const refusal = closing === null ? null : refusalOf(closing);
    this.say({ link: refusal !== null ? "refused" : isUnknown ? "unknown" : "resuming", refusal });
    if (refusal?.isFinal === true) return;
    const wait = refusal !== null ? RETRY_REFUSED_MS : this.byChance(isUnknown ? RETRY_LAST_MS : this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_LAST_MS);
    this.undoRetry?.();
    this.undoRetry = this.around.later(() => {
      this.connect(resumeFrom(this.feed));
    }, wait);
  }

  /** At least half of it: not all pages that a server cut come back at once. */
  private byChance(ms: number): number {
    return (ms * (1 + this.around.chance())) / 2;
  }

  private drop(): void {
    this.undoSilence?.();
    const socket = this.socket;
    this.socket = null;
    this.isOpen = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
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

function refusalOf(closing: Closing): Refusal | null {
  const { code, reason = "" } = closing;
  return code === CLOSE_FORBIDDEN || code === CLOSE_TOO_MANY ? { reason, isFinal: code === CLOSE_FORBIDDEN } : null;
}

/** The browser's own. */
export const BROWSER: Surroundings = {
  open: (url) => (signedIn() === null ? plain(url) : new TicketedSocket(url, ticket, plain)),
  nowMs: () => Date.now(),
  chance: () => Math.random(),
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

/** The address of the live feed, of any match, on the server that served the page. */
export function liveUrl(at: { protocol: string; host: string } = location): string {
  const scheme = at.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${at.host}/api/v1/live`;
}
