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

const fetcher = createGraphiQLFetcher({
  url: here.href,
  wsClient: createClient({ url: socket.href, lazy: true }),
});

createRoot(document.getElementById("page")).render(
  createElement(GraphiQL, { fetcher, defaultQuery: EXAMPLE, shouldPersistHeaders: false }),
);
