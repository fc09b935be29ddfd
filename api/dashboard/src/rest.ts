/* Questions to the REST interface: answers typed, problems thrown, pages walked.

Belongs here: how something is asked. Does not belong here: what a page does with it. */

import { authorization, lock } from "./access/key";
import type { Page, Problem } from "./contract";
import type { TicketView } from "./contract_records";

export const V1 = "/api/v1";
export const RETRY_MS = 3_000;
/** Longer than any answer of a server that is well: what waits for its store is refused before. */
export const ANSWER_MS = 30_000;
/** A plan's month may be used up for weeks: somebody may give it more meanwhile. */
export const RETRY_LAST_MS = 3_600_000;

/** A problem as the API told it; status 0 where no answer came. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  get isAway(): boolean {
    return this.problem.status === 0 || this.problem.status >= 500;
  }

  /** After how long it is worth asking again, in milliseconds; null where the answer would be the same. */
  get retryMs(): number | null {
    if (!this.isAway && this.problem.status !== 429) return null;
    return Math.min(RETRY_LAST_MS, Math.max(RETRY_MS, (this.problem.retry_after_s ?? 0) * 1000));
  }
}

export function matchPath(matchId: string, part = ""): string {
  return `${V1}/matches/${encodeURIComponent(matchId)}${part}`;
}

export interface Asking {
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}

/** The answer to a GET. Raises `ProblemError`. */
export async function get<T>(path: string, asking: Asking = {}): Promise<T> {
  return (await heard((await ask(path, "GET", asking)).json())) as T;
}

/** The answer to a request that changes something, or asks with a body; undefined where it has none. Raises `ProblemError`. */
export async function send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, asking: Asking = {}): Promise<T> {
  const answer = await ask(path, method, asking, body);
  return (answer.status === 204 ? undefined : await heard(answer.json())) as T;
}

/** What is told in plain text. Raises `ProblemError`. */
export async function text(path: string, asking: Asking = {}): Promise<string> {
  return heard((await ask(path, "GET", asking)).text());
}

/** A file as it came. Raises `ProblemError`. */
export async function blob(path: string, asking: Asking = {}): Promise<Blob> {
  return heard((await ask(path, "GET", asking)).blob());
}

/** A ticket for a WebSocket, good for a minute. Raises `ProblemError`. */
export async function ticket(): Promise<string> {
  return (await send<TicketView>("POST", `${V1}/tickets`)).ticket;
}

/** All that there is from `fromSeq` to before `beforeSeq`, page by page; `told` gets each page as it comes, and whether
nothing in it is missing at present. */
export async function pages<T extends { seq: number }>(
  path: string,
  options: { fromSeq: number; beforeSeq: number | null; signal?: AbortSignal; told: (items: T[], isComplete: boolean) => void },
): Promise<void> {
  let next: number | null = options.fromSeq;
  const before = options.beforeSeq ?? Infinity;
  while (next !== null && next < before) {
    const joint: string = path.includes("?") ? "&" : "?";
    const page: Page<T> = await get<Page<T>>(`${path}${joint}from_seq=${next}&limit=1000`, { signal: options.signal });
    options.told(page.items.filter((item) => item.seq < before), isComplete(page));
    next = page.next_from_seq;
  }
}

/** Whether nothing that there is up to the end of the page is missing at present. */
export function isComplete(page: { is_complete?: boolean }): boolean {
  return page.is_complete !== false;
}

/** Every request: with the key of this tab, if there is one. A refusal for want of a key has the page ask for one. */
async function ask(path: string, method: string, asking: Asking, body?: unknown): Promise<Response> {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const headers = { ...authorization(), ...json, ...asking.headers };
  const limit = AbortSignal.timeout(ANSWER_MS);
  const signal = asking.signal === undefined ? limit : AbortSignal.any([asking.signal, limit]);
  const answer = await heard(fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal }));
  if (answer.status === 401) lock();
  if (!answer.ok) throw new ProblemError(await problemOf(answer));
  return answer;
}

/** A part of an answer, its head or its body. A server may go between the two. */
async function heard<T>(part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ProblemError(unanswered());
  }
}

/** What a refusal says of itself, as far as it is a problem: what stands between may answer too, in JSON of its own. */
async function problemOf(answer: Response): Promise<Problem> {
  const title = answer.statusText || `status ${answer.status}`;
  const bare: Problem = { type: "about:blank", title, status: answer.status, detail: title, field: "", reason: title };
  const body = await answer.json().catch(() => null) as unknown;
  if (typeof body !== "object" || body === null) return bare;
  const kinds: Record<string, unknown> = { ...bare, retry_after_s: 0 };
  const told = Object.entries(body).filter(([name, value]) => typeof value === typeof kinds[name]);
  return { ...bare, ...Object.fromEntries(told), status: answer.status };
}

function unanswered(): Problem {
  const reason = "The API does not answer.";
  return { type: "about:blank", title: "No answer", status: 0, detail: reason, field: "", reason };
}

/** Whether an error only says that nobody waits for the answer any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
