/* The frame around every page: where one is, where one can go, the theme. No data. */

import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import { MatchesPage } from "./matches/page";
import { Moon, Sun } from "./parts/icons";
import { Empty, Loading } from "./parts/states";
import { useRoute, type Route } from "./route";
import { useTheme } from "./theme";

const MatchPage = lazy(() => import("./match/page"));
const PlayersPage = lazy(async () => ({ default: (await import("./careers/pages")).PlayersPage }));
const PlayerPage = lazy(async () => ({ default: (await import("./careers/pages")).PlayerPage }));
const TeamsPage = lazy(async () => ({ default: (await import("./careers/pages")).TeamsPage }));
const TeamPage = lazy(async () => ({ default: (await import("./careers/pages")).TeamPage }));
const ModelsPage = lazy(() => import("./models/page"));
const SystemPage = lazy(() => import("./system/page"));

export function App(): JSX.Element {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [place(route)]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        Skip to the content
      </a>
      <header class="topbar">
        <a class="brand" href="#/">
          <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M2 20h7l3-10 5 15 4-9h9" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" /></svg>
          Midround
        </a>
        <nav aria-label="Pages">
          <Entry href="#/" isHere={route.page === "matches" || route.page === "match"}>Matches</Entry>
          <Entry href="#/players" isHere={route.page === "players" || route.page === "player"}>Players</Entry>
          <Entry href="#/teams" isHere={route.page === "teams" || route.page === "team"}>Teams</Entry>
          <Entry href="#/models" isHere={route.page === "models"}>Models</Entry>
          <Entry href="#/system" isHere={route.page === "system"}>System</Entry>
        </nav>
        <ThemeSwitch />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Suspense fallback={<Loading what="the page" />}>{pageOf(route)}</Suspense>
      </main>
    </>
  );
}

/** What must change for a page to count as another one. */
function place(route: Route): string {
  if (route.page === "match") return `${route.matchId}/${route.tab}`;
  return route.page === "player" || route.page === "team" ? `${route.page}/${route.id}` : route.page;
}

function pageOf(route: Route): JSX.Element {
  switch (route.page) {
    case "matches":
      return <MatchesPage team={route.team} />;
    case "match":
      return <MatchPage key={route.matchId} matchId={route.matchId} tab={route.tab} query={route.query} />;
    case "players":
      return <PlayersPage />;
    case "player":
      return <PlayerPage playerId={route.id} />;
    case "teams":
      return <TeamsPage />;
    case "team":
      return <TeamPage teamId={route.id} />;
    case "models":
      return <ModelsPage />;
    case "system":
      return <SystemPage />;
    case "lost":
      return <Empty title="There is no such page">The <a href="#/">matches</a> are a good place to go on.</Empty>;
  }
}

function Entry(props: { href: string; isHere: boolean; children: string }): JSX.Element {
  return (
    <a href={props.href} aria-current={props.isHere ? "page" : undefined}>
      {props.children}
    </a>
  );
}

function ThemeSwitch(): JSX.Element {
  const [theme, choose] = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button class="quiet" type="button" onClick={() => { choose(other); }} aria-label={`Switch to the ${other} theme`} title={`Switch to the ${other} theme`}>
      {theme === "dark" ? <Sun /> : <Moon />}
    </button>
  );
}
