/* Questions to the REST interface: answers typed, problems thrown, pages walked.

Belongs here: how something is asked. Does not belong here: what a page does with it. */

import type { Page, Problem } from "./contract";

export const V1 = "/api/v1";

/** A problem as the API told it; status 0 where no answer came. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  get isAway(): boolean {
    return this.problem.status === 0 || this.problem.status >= 500;
  }
}

export function matchPath(matchId: string, part = ""): string {
  return `${V1}/matches/${encodeURIComponent(matchId)}${part}`;
}

/** The answer to a GET. Raises `ProblemError`. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, signal === undefined ? {} : { signal });
}

/** The answer to a POST of JSON. Raises `ProblemError`. */
export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { "content-type": "application/json" };
  return ask<T>(path, { method: "POST", headers, body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }) });
}

/** All that there is from `fromSeq` to before `beforeSeq`, page by page; `told` gets each page as it comes. */
export async function pages<T extends { seq: number }>(
  path: string,
  options: { fromSeq: number; beforeSeq?: number; signal?: AbortSignal; told: (items: T[]) => void },
): Promise<void> {
  let next: number | null = options.fromSeq;
  const before = options.beforeSeq ?? Infinity;
  while (next !== null && next < before) {
    const joint: string = path.includes("?") ? "&" : "?";
    const page: Page<T> = await get<Page<T>>(`${path}${joint}from_seq=${next}&limit=1000`, options.signal);
    options.told(page.items.filter((item) => item.seq < before));
    next = page.next_from_seq;
  }
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError(unanswered());
  }
  if (!answer.ok) throw new ProblemError(await problemOf(answer));
  return (await answer.json()) as T;
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return (await answer.json()) as Problem;
  } catch {
    const title = answer.statusText || `status ${answer.status}`;
    return { type: "about:blank", title, status: answer.status, detail: title, field: "", reason: title };
  }
}

function unanswered(): Problem {
  const reason = "The API does not answer.";
  return { type: "about:blank", title: "No answer", status: 0, detail: reason, field: "", reason };
}

/** Whether an error only says that nobody waits for the answer any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
