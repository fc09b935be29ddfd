/* A part of a match that only grows, such as its kills: read from its first page on, then what is new.

Belongs here: reading one resource of pages. Does not belong here: what its items mean. */

import { useEffect, useState } from "preact/hooks";
import { isAbort, matchPath, pages, ProblemError } from "../rest";

const LOOK_MS = 1500;

export interface Log<T> {
  items: T[];
  /** Whether all pages that there were have been read once. */
  isLoaded: boolean;
  problem: ProblemError | null;
}

export interface Span {
  fromSeq: number;
  /** Null: to the end, and on with what comes. */
  beforeSeq: number | null;
}

/** What of a match is read: `first` is asked once, `part` for what follows; both tell items of the same kind. */
export interface Source {
  part: string;
  first?: string;
}

/** The items of a source within the span. It is read anew when `version` changes: something was withdrawn. */
export function useLog<T extends { seq: number }>(matchId: string, source: Source, span: Span | null, version: string): Log<T> {
  const { part, first } = source;
  const [log, setLog] = useState<Log<T>>({ items: [], isLoaded: false, problem: null });
  const fromSeq = span?.fromSeq ?? null;
  const beforeSeq = span?.beforeSeq ?? null;
  useEffect(() => {
    if (fromSeq === null) return undefined;
    const aborting = new AbortController();
    let items: T[] = [];
    let isFirst = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    setLog({ items: [], isLoaded: false, problem: null });
    const told = (more: T[]): void => {
      if (more.length === 0) return;
      items = [...items, ...more];
      setLog((before) => ({ ...before, items }));
    };
    const round = async (): Promise<void> => {
      const next = (items.at(-1)?.seq ?? fromSeq - 1) + 1;
      const limits = beforeSeq === null ? {} : { beforeSeq };
      const asked = isFirst ? (first ?? part) : part;
      isFirst = false;
      try {
        await pages<T>(matchPath(matchId, asked), { fromSeq: next, ...limits, signal: aborting.signal, told });
        setLog((before) => (before.isLoaded && before.problem === null ? before : { items, isLoaded: true, problem: null }));
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ProblemError)) throw error;
        setLog((before) => ({ ...before, problem: error }));
      }
      const isDone = beforeSeq !== null && items.length > 0;
      if (!aborting.signal.aborted && !isDone) timer = setTimeout(() => void round(), LOOK_MS);
    };
    void round();
    return () => {
      aborting.abort();
      clearTimeout(timer);
    };
  }, [matchId, part, first, fromSeq, beforeSeq, version]);
  return log;
}
