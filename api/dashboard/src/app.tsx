/* The frame around every page: where one is, where one can go, the theme. No data. */

import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import { mayAdminister } from "./access/key";
import { SignIn } from "./access/sign_in";
import { useAccess, type Access } from "./access/use_access";
import { MatchesPage } from "./matches/page";
import { Boundary } from "./parts/boundary";
import { Leave, Moon, Sun } from "./parts/icons";
import { Empty, Loading } from "./parts/states";
import { useTitle } from "./parts/use_title";
import { titleOf, useRoute, type Route } from "./route";
import { useTheme } from "./theme";

const MatchPage = lazy(() => import("./match/page"));
const PlayersPage = lazy(async () => ({ default: (await import("./careers/pages")).PlayersPage }));
const PlayerPage = lazy(async () => ({ default: (await import("./careers/pages")).PlayerPage }));
const TeamsPage = lazy(async () => ({ default: (await import("./careers/pages")).TeamsPage }));
const TeamPage = lazy(async () => ({ default: (await import("./careers/pages")).TeamPage }));
const ModelsPage = lazy(() => import("./models/page"));
const SystemPage = lazy(() => import("./system/page"));
const WebhooksPage = lazy(() => import("./webhooks/page"));
const TenantsPage = lazy(() => import("./tenants/page"));

export function App(): JSX.Element {
  const route = useRoute();
  const access = useAccess();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [place(route)]);
  useTitle(access.isLocked ? "Sign in" : titleOf(route));
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
        <Pages route={route} who={access.who} />
        <SignedIn access={access} />
        <ThemeSwitch />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {access.isLocked ? <SignIn /> : (
          <Boundary key={whole(route)}>
            <Suspense fallback={<Loading what="the page" />}>{pageOf(route)}</Suspense>
          </Boundary>
        )}
      </main>
    </>
  );
}

function Pages(props: { route: Route; who: Access["who"] }): JSX.Element {
  const { page } = props.route;
  return (
    <nav aria-label="Pages">
      <Entry href="#/" isHere={page === "matches" || page === "match"}>Matches</Entry>
      <Entry href="#/players" isHere={page === "players" || page === "player"}>Players</Entry>
      <Entry href="#/teams" isHere={page === "teams" || page === "team"}>Teams</Entry>
      <Entry href="#/models" isHere={page === "models"}>Models</Entry>
      <Entry href="#/system" isHere={page === "system"}>System</Entry>
      {props.who === null ? null : <Entry href="#/webhooks" isHere={page === "webhooks"}>Webhooks</Entry>}
      {mayAdminister(props.who) ? <Entry href="#/tenants" isHere={page === "tenants"}>Tenants</Entry> : null}
    </nav>
  );
}

/** Who brings a key, and the way out. */
function SignedIn(props: { access: Access }): JSX.Element | null {
  const { who, signOut } = props.access;
  if (who === null) return null;
  return (
    <span class="signed-in">
      <span class="signed-in-name muted small">{who.client}</span>
      <button class="quiet" type="button" onClick={signOut} aria-label="Sign out" title="Sign out"><Leave /> <span class="sign-out-word">Sign out</span></button>
    </span>
  );
}

/** What must change for a page to begin anew. */
function whole(route: Route): string {
  if (route.page === "match") return `match/${route.matchId}`;
  return "id" in route ? `${route.page}/${route.id ?? ""}` : route.page;
}

/** What must change for a page to count as another one. */
function place(route: Route): string {
  return route.page === "match" ? `${whole(route)}/${route.tab}` : whole(route);
}

function pageOf(route: Route): JSX.Element {
  switch (route.page) {
    case "matches":
      return <MatchesPage query={route.query} />;
    case "match":
      return <MatchPage matchId={route.matchId} tab={route.tab} query={route.query} />;
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
    case "webhooks":
      return <WebhooksPage />;
    case "tenants":
      return <TenantsPage id={route.id} />;
    case "lost":
      return <Empty title="There is no such page">The <a href="#/">matches</a> are a good place to go on.</Empty>;
  }
}

function Entry(props: { href: string; isHere: boolean; children: string }): JSX.Element {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (props.isHere) link.current?.scrollIntoView({ inline: "center", block: "nearest" });
  });
  return (
    <a ref={link} href={props.href} aria-current={props.isHere ? "page" : undefined}>
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
