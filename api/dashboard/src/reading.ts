/* A part of a match that only grows, such as its kills: read from its first page on, then what is new.

Belongs here: from where it is asked, and how often. Does not belong here: what the items mean, components. */

import { later, PART_MS } from "./again";
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

/** What a page shows while what it has read is read anew: as before until all of it is there, with a word of what hinders it. */
export function renewed<T extends Pick<Reading<never>, "isLoaded" | "problem">>(before: T, now: T): T {
  return now.isLoaded || !before.isLoaded ? now : { ...before, problem: now.problem };
}

export interface Source {
  path: string;
  /** Asked in place of `path` until it was told whole: it tells items of the same kind. */
  first?: string | undefined;
  fromSeq: number;
  /** Null: to the end of what there is. */
  beforeSeq: () => number | null;
  /** Whether nothing more is to come. */
  isClosed: () => boolean;
  /** What changes whenever the match moves, so that there may be more; null where that is not known. */
  at: () => string | null;
  everyMs: number;
}

/** How often what is closed, or of a match that stands still, is looked at once all of it was read: it may still be told
otherwise, or go on. */
export const CLOSED_MS = 60_000;

/** Reads, tells whatever is read and what hinders it, and looks for more; what comes back ends it. */
export function read<T extends { seq: number }>(source: Source, told: (reading: Reading<T>) => void): () => void {
  const reader = new Reader<T>(source, told);
  void reader.look();
  return () => { reader.end(); };
}

class Reader<T extends { seq: number }> {
  private readonly aborting = new AbortController();
  private reading: Reading<T> = UNREAD;
  private pauseMs = RETRY_MS;
  /** Where the match was at the last look, and how often it was looked at there. */
  private looked = { at: null as string | null, times: 0, ms: 0 };

  constructor(
    private readonly source: Source,
    private readonly told: (reading: Reading<T>) => void,
  ) {}

  end(): void {
    this.aborting.abort();
  }

  async look(): Promise<void> {
    const isClosed = this.source.isClosed();
    const known = this.reading.items;
    this.note();
    try {
      const isWhole = await this.pass();
      const { isLoaded, isComplete, problem } = this.reading;
      if (!isLoaded || isComplete !== isWhole || problem !== null) this.say({ isLoaded: true, isComplete: isWhole, problem: null });
      const isDone = isClosed && this.reading.items === known;
      if (!isWhole) this.lookIn(this.pauseMs);
      else if (isDone) this.lookIn(CLOSED_MS);
      else this.lookWhenMoved();
      this.pauseMs = isWhole ? RETRY_MS : Math.min(2 * this.pauseMs, PART_MS);
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof ProblemError)) throw error;
      this.say({ problem: error });
      if (error.retryMs !== null) this.lookIn(error.retryMs);
    }
  }

  /** Page by page, all of it or what is new; whether nothing is missing in it. */
  private async pass(): Promise<boolean> {
    const { source, reading, aborting } = this;
    const path = reading.isLoaded && reading.isComplete ? source.path : (source.first ?? source.path);
    const fromSeq = reading.isComplete ? after(reading.items, source.fromSeq) : source.fromSeq;
    let isWhole = true;
    const told = (items: T[], isComplete: boolean): void => {
      isWhole &&= isComplete;
      this.add(items, isComplete);
    };
    await pages<T>(path, { fromSeq, beforeSeq: source.beforeSeq(), signal: aborting.signal, told });
    return isWhole;
  }

  private add(items: T[], isComplete: boolean): void {
    const { reading } = this;
    const joint = joined(reading.items, items);
    const holds = reading.isComplete && isComplete;
    if (joint !== reading.items || holds !== reading.isComplete) this.say({ items: joint, isComplete: holds });
  }

  private say(change: Partial<Reading<T>>): void {
    this.reading = { ...this.reading, ...change };
    this.told(this.reading);
  }

  private lookIn(ms: number): void {
    later(this.aborting.signal, ms, () => void this.look());
  }

  private lookWhenMoved(): void {
    later(this.aborting.signal, this.source.everyMs, () => {
      if (this.mayHaveMore()) void this.look();
      else this.lookWhenMoved();
    });
  }

  private note(): void {
    const at = this.source.at();
    this.looked = { at, times: at === this.looked.at ? this.looked.times + 1 : 1, ms: Date.now() };
  }

  /** A second look finds what was told elsewhere before it was told here. */
  private mayHaveMore(): boolean {
    const { at, times, ms } = this.looked;
    const now = this.source.at();
    return now === null || now !== at || times < 2 || Date.now() - ms >= CLOSED_MS;
  }
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
