/* Addresses of the pages, behind the hash: every one can be linked to. */

import { useEffect, useState } from "preact/hooks";

export type Tab = "overview" | "replay" | "what-if";
export type Route = { page: "matches"; query: URLSearchParams } | { page: "match"; matchId: string; tab: Tab; query: URLSearchParams } | { page: "players" | "teams" | "models" | "system" | "webhooks" } | { page: "player" | "team"; id: string } | { page: "tenants"; id: string | null } | { page: "lost" };

const TABS: readonly string[] = ["overview", "replay", "what-if"];

/** The page that `#/match/ID/replay?map=1&round=3` names. */
export function parsed(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean);
  if (parts.length === 0) return { page: "matches", query: new URLSearchParams(query) };
  const [first] = parts;
  if (parts.length === 1 && (first === "players" || first === "teams" || first === "models" || first === "system" || first === "webhooks")) return { page: first };
  if (first === "tenants" && parts.length <= 2) return tenantsOf(parts[1]);
  if (parts.length === 2 && (first === "player" || first === "team")) return ofId(first, parts[1] ?? "");
  const [kind, id, tab = "overview"] = parts;
  if (kind !== "match" || id === undefined || !TABS.includes(tab) || parts.length > 3) return { page: "lost" };
  const matchId = decoded(id);
  return matchId === null ? { page: "lost" } : { page: "match", matchId, tab: tab as Tab, query: new URLSearchParams(query) };
}

function ofId(page: "player" | "team", part: string): Route {
  const id = decoded(part);
  return id === null ? { page: "lost" } : { page, id };
}

function tenantsOf(part: string | undefined): Route {
  const id = part === undefined ? null : decoded(part);
  return part !== undefined && id === null ? { page: "lost" } : { page: "tenants", id };
}

export function tenantHash(clientId: string): string {
  return `#/tenants/${encodeURIComponent(clientId)}`;
}

export function playerHash(playerId: string): string {
  return `#/player/${encodeURIComponent(playerId)}`;
}

export function teamHash(teamId: string): string {
  return `#/team/${encodeURIComponent(teamId)}`;
}

export function matchHash(matchId: string, tab: Tab = "overview", query: Record<string, string> = {}): string {
  const asked = new URLSearchParams(query).toString();
  const rest = tab === "overview" ? "" : `/${tab}`;
  return `#/match/${encodeURIComponent(matchId)}${rest}${asked === "" ? "" : `?${asked}`}`;
}

/** What a page is called as far as its address tells; what it learns of names it says itself. */
export function titleOf(route: Route): string {
  switch (route.page) {
    case "match":
      return `Match ${route.matchId}`;
    case "player":
      return `Player ${route.id}`;
    case "team":
      return `Team ${route.id}`;
    case "tenants":
      return route.id === null ? "Tenants" : `Client ${route.id}`;
    case "lost":
      return "No such page";
    default:
      return route.page.charAt(0).toUpperCase() + route.page.slice(1);
  }
}

/** Changes the address without a step in the browser's history; the pages hear of it as of any other change. */
export function replaceHash(hash: string): void {
  if (location.hash === hash) return;
  history.replaceState(null, "", hash);
  dispatchEvent(new Event("hashchange"));
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parsed(location.hash));
  useEffect(() => {
    const changed = (): void => {
      setRoute(parsed(location.hash));
    };
    addEventListener("hashchange", changed);
    return () => {
      removeEventListener("hashchange", changed);
    };
  }, []);
  return route;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
