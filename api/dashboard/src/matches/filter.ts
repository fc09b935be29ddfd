/* Which matches are looked for: the filter in the page's address, and the question that it makes. Pure functions. */

import { V1 } from "../rest";

export const FIELDS = ["team", "status", "player", "map", "since", "until"] as const;

export type Field = (typeof FIELDS)[number];

/** Days as `2026-01-18`, of this browser's time zone. A field without text looks for nothing. */
export type Filter = Readonly<Record<Field, string>>;

export const PAGE = 50;

export function filterOf(query: URLSearchParams): Filter {
  return Object.fromEntries(FIELDS.map((field) => [field, query.get(field) ?? ""])) as Record<Field, string>;
}

export function filterHash(filter: Filter): string {
  const query = new URLSearchParams(FIELDS.filter((field) => filter[field] !== "").map((field) => [field, filter[field]]));
  return query.size === 0 ? "#/" : `#/?${query.toString()}`;
}

/** The question to the search; null where nothing is looked for. `until` is the last day that counts. */
export function searchPath(filter: Filter, cursor: string | null): string | null {
  const moments = { since: dayBegins(filter.since, 0), until: dayBegins(filter.until, 1) };
  const asked = FIELDS.map((field): [string, string] => [field, field === "since" || field === "until" ? moments[field] : filter[field].trim()]).filter(([, text]) => text !== "");
  if (asked.length === 0) return null;
  const query = new URLSearchParams([...asked, ["limit", String(PAGE)], ...(cursor === null ? [] : [["cursor", cursor]])]);
  return `${V1}/search/matches?${query.toString()}`;
}

/** The start of the day that is `later` days after `day`, in this browser's time zone, as an ISO text. Empty if `day` is not a
date. */
function dayBegins(day: string, later: number): string {
  const [year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)?.slice(1).map(Number) ?? [];
  if (year === undefined || month === undefined || date === undefined || year < 1000) return "";
  return new Date(year, month - 1, date + later).toISOString();
}
