/* Matches of any age that a filter finds, the latest first, page by page. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { FoundMatch, MatchesFound } from "../contract_records";
import { mapName, moment } from "../format";
import { Result } from "../parts/result";
import { Empty, Loading, Trouble } from "../parts/states";
import { usePaced } from "../parts/use_paced";
import { useRest } from "../use_rest";
import { filterHash, searchPath, type Filter } from "./filter";
import { foundStanding, STANDINGS } from "./standing";

const SEEK_MS = 300;
const LOOK_MS = 10_000;

export function Found(props: { filter: Filter }): JSX.Element {
  const filter = usePaced(props.filter, SEEK_MS);
  return <Pages key={filterHash(filter)} filter={filter} />;
}

/** Of one filter: another one begins at its first page. */
function Pages(props: { filter: Filter }): JSX.Element {
  const { filter } = props;
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const { data, problem } = useRest<MatchesFound>(searchPath(filter, cursors.at(-1) ?? null), { everyMs: LOOK_MS });
  const next = data?.next_cursor ?? null;
  return (
    <section class="panel stack" aria-label="Matches found">
      {problem === null ? null : <Trouble problem={problem} what="matches" />}
      {data === null && problem === null ? <Loading what="matches" /> : null}
      {data?.items.length === 0 ? <Empty title="No match is found">Its teams, players and maps are known seconds after its first event.</Empty> : null}
      <ul class="results">
        {data?.items.map((match) => <li key={match.match_id}><Row match={match} /></li>)}
      </ul>
      <div class="buttons">
        <button type="button" disabled={cursors.length === 0} onClick={() => { setCursors(cursors.slice(0, -1)); }}>Newer</button>
        <button type="button" disabled={next === null} onClick={() => { if (next !== null) setCursors([...cursors, next]); }}>Older</button>
      </div>
    </section>
  );
}

function Row(props: { match: FoundMatch }): JSX.Element {
  const { match } = props;
  const standing = foundStanding(match, Date.now());
  const maps = (match.maps ?? []).map((map) => mapName(map.name ?? null)).join(", ");
  const note = `${maps === "" ? "" : `${maps} · `}best of ${match.best_of}, ${moment(match.plays_at)}`;
  return <Result match={match} tag={{ kind: standing, word: STANDINGS[standing] }} note={note} />;
}
