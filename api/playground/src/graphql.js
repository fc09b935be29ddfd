// GraphiQL on our own /graphql: queries over POST, subscriptions over graphql-transport-ws.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/graphiql.css";
import { createClient } from "graphql-ws";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import "./page.css";

const EXAMPLE = `# Alt and space completes, Ctrl and Enter runs. The schema is behind the book on the left.
query Matches {
  matches(first: 5) {
    nodes {
      id
      teamA { name score }
      teamB { name score }
      map { name roundNo }
      prediction(horizon: MAP) { pTeamAWin pTeamBWin confidence lo hi }
    }
  }
}

# subscription { predictionUpdated(matchId: "an id from above") { tsCalc pTeamAWin pTeamBWin confidence } }
`;

const here = new URL("/graphql", window.location.href);
const socket = new URL(here);
socket.protocol = here.protocol === "https:" ? "wss:" : "ws:";

// A browser's WebSocket brings no header: the key among the headers below the query is exchanged for a ticket.
let headers = {};
async function socketUrl() {
  const found = new URL(socket);
  if (!Object.keys(headers).some((name) => /^(authorization|x-api-key)$/i.test(name))) return found.href;
  const answer = await fetch("/api/v1/tickets", { method: "POST", headers }).catch(() => null);
  if (answer?.ok) found.searchParams.set("ticket", (await answer.json()).ticket);
  return found.href;
}

const ask = createGraphiQLFetcher({ url: here.href, wsClient: createClient({ url: socketUrl, lazy: true }) });
const fetcher = (asked, options) => {
  headers = options?.headers ?? {};
  return ask(asked, options);
};

createRoot(document.getElementById("page")).render(
  createElement(GraphiQL, { fetcher, defaultQuery: EXAMPLE, shouldPersistHeaders: false }),
);
