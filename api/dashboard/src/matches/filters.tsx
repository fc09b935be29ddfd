/* The fields by which matches are looked for. No state of its own: the filter is the page's address. What is used is open. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { mapName } from "../format";
import { replaceHash } from "../route";
import { FIELDS, filterHash, type Field, type Filter } from "./filter";

const STATUSES: readonly [string, string][] = [["", "Any"], ["announced", "Announced"], ["live", "Running"], ["over", "Ended"], ["broken_off", "Broken off"]];
/** To choose from; any other map can be written. */
const MAPS = ["de_ancient", "de_anubis", "de_dust2", "de_inferno", "de_mirage", "de_nuke", "de_overpass", "de_train", "de_vertigo"];

export function Filters(props: { filter: Filter }): JSX.Element {
  const { filter } = props;
  const more = useRef<HTMLDetailsElement>(null);
  const isUsed = FIELDS.some((field) => field !== "team" && filter[field] !== "");
  useEffect(() => {
    if (isUsed && more.current !== null) more.current.open = true;
  }, [isUsed]);
  const set = (field: Field) => (event: JSX.TargetedEvent<HTMLInputElement | HTMLSelectElement>): void => {
    replaceHash(filterHash({ ...filter, [field]: event.currentTarget.value }));
  };
  return (
    <form class="filters" role="search" onSubmit={(event) => { event.preventDefault(); }}>
      <label class="search">
        <span class="hidden">Filter by team</span>
        <input type="search" placeholder="Filter by team" maxLength={128} value={filter.team} onInput={set("team")} />
      </label>
      <details class="more" ref={more}>
        <summary>More filters</summary>
        <div class="fields">
          <label>
            Status
            <select value={filter.status} onChange={set("status")}>
              {STATUSES.map(([status, title]) => <option key={status} value={status}>{title}</option>)}
            </select>
          </label>
          <label>Player<input type="search" maxLength={128} value={filter.player} onInput={set("player")} /></label>
          <label>Map<input type="search" maxLength={64} list="maps-known" placeholder="de_nuke" value={filter.map} onInput={set("map")} /></label>
          <label>From<input type="date" value={filter.since} onChange={set("since")} /></label>
          <label>To<input type="date" value={filter.until} onChange={set("until")} /></label>
        </div>
        <datalist id="maps-known">
          {MAPS.map((map) => <option key={map} value={map}>{mapName(map)}</option>)}
        </datalist>
      </details>
    </form>
  );
}
