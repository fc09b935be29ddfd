/* A part of a match that only grows, such as its kills: read from its first page on, then what is new.

Belongs here: from where it is asked, and how often. Does not belong here: what the items mean, components. */

import { later } from "./again";
import { isAbort, pages, ProblemError, RETRY_MS } from "./rest";

export interface Reading<T> {
  /** In the order of their seq. */
  items: readonly T[];
  /** Whether all pages that there were have been read once. */
  isLoaded: boolean;
  /** False while something among the items was not to be had: all of it is asked for again. */
  isComplete: boolean;
  problem: ProblemError | null;
}

export const UNREAD: Reading<never> = { items: [], isLoaded: false, isComplete: true, problem: null };

export interface Source {
  path: string;
  /** Asked in place of `path` until it was told whole: it tells items of the same kind. */
  first?: string | undefined;
  fromSeq: number;
  /** Null: to the end of what there is. */
  beforeSeq: () => number | null;
  /** Whether nothing more is to come. */
  isClosed: () => boolean;
  everyMs: number;
}

/** How often what is closed is looked at once all of it was read: it may still be told otherwise, or go on. */
export const CLOSED_MS = 60_000;
/** How long what cannot be had whole waits at most, twice as long each time. */
const PART_MS = 8 * RETRY_MS;

/** Reads, tells whatever is read and what hinders it, and looks for more; what comes back ends it. */
export function read<T extends { seq: number }>(source: Source, told: (reading: Reading<T>) => void): () => void {
  const aborting = new AbortController();
  let reading: Reading<T> = UNREAD;
  let pauseMs = RETRY_MS;
  const say = (change: Partial<Reading<T>>): void => {
    reading = { ...reading, ...change };
    told(reading);
  };
  const look = async (): Promise<void> => {
    const isClosed = source.isClosed();
    const known = reading;
    const fromSeq = reading.isComplete ? after(reading.items, source.fromSeq) : source.fromSeq;
    const path = reading.isLoaded && reading.isComplete ? source.path : (source.first ?? source.path);
    let isWhole = true;
    const page = (items: T[], isComplete: boolean): void => {
      isWhole &&= isComplete;
      const joint = joined(reading.items, items);
      const holds = reading.isComplete && isComplete;
      if (joint !== reading.items || holds !== reading.isComplete) say({ items: joint, isComplete: holds });
    };
    try {
      await pages<T>(path, { fromSeq, beforeSeq: source.beforeSeq(), signal: aborting.signal, told: page });
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof ProblemError)) throw error;
      say({ problem: error });
      if (error.retryMs !== null) later(aborting.signal, error.retryMs, () => void look());
      return;
    }
    if (!reading.isLoaded || reading.isComplete !== isWhole || reading.problem !== null) say({ isLoaded: true, isComplete: isWhole, problem: null });
    const isDone = isClosed && reading.items === known.items;
    const waitMs = !isWhole ? pauseMs : isDone ? CLOSED_MS : source.everyMs;
    pauseMs = isWhole ? RETRY_MS : Math.min(2 * pauseMs, PART_MS);
    later(aborting.signal, waitMs, () => void look());
  };
  void look();
  return () => { aborting.abort(); };
}

/** The seq that follows the last item. */
function after(items: readonly { seq: number }[], fromSeq: number): number {
  return (items.at(-1)?.seq ?? fromSeq - 1) + 1;
}

/** Both in the order of their seq, each once; the known ones themselves where nothing is new. */
function joined<T extends { seq: number }>(known: readonly T[], more: readonly T[]): readonly T[] {
  const last = known.at(-1)?.seq ?? -1;
  if (more.every((item) => item.seq > last)) return more.length === 0 ? known : [...known, ...more];
  const bySeq = new Map([...more, ...known].map((item) => [item.seq, item]));
  return bySeq.size === known.length ? known : [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}
