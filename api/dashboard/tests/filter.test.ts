/* The filter of matches: in the address and back, and the question that it makes. */

import { expect, test } from "vitest";
import { filterHash, filterOf, searchPath } from "../src/matches/filter";
import { parsed } from "../src/route";

const NONE = filterOf(new URLSearchParams());

test("a filter is what its address says", () => {
  const filter = { ...NONE, team: "Aspen & Co", status: "over", since: "2026-01-18" };
  const route = parsed(filterHash(filter));
  expect(route.page === "matches" && filterOf(route.query)).toEqual(filter);
  expect(filterHash(NONE)).toBe("#/");
});

test("only what is looked for is asked, page by page", () => {
  expect(searchPath({ ...NONE, team: " " }, null)).toBeNull();
  expect(searchPath({ ...NONE, team: " as ", map: "de_nuke" }, null)).toBe("/api/v1/search/matches?team=as&map=de_nuke&limit=50");
  expect(searchPath({ ...NONE, status: "live" }, "a/b")).toBe("/api/v1/search/matches?status=live&limit=50&cursor=a%2Fb");
});

test("days are whole, the last one too, and what is no day is not asked", () => {
  const asked = new URL(`http://x${searchPath({ ...NONE, since: "2026-01-31", until: "2026-01-31" }, null) ?? ""}`).searchParams;
  expect([asked.get("since"), asked.get("until")]).toEqual([new Date(2026, 0, 31).toISOString(), new Date(2026, 1, 1).toISOString()]);
  expect(searchPath({ ...NONE, since: "soon" }, null)).toBeNull();
});
