/* A match in a row of a list, with its score. No requests. */

import type { JSX } from "preact";
import type { FoundMatch } from "../contract_records";
import { teamName } from "../format";
import { matchHash } from "../route";

interface Props {
  match: FoundMatch;
  /** A word before the row, and what is drawn of it: `live`, `silent`, `announced`, `over`; null for a plain one. */
  tag: { kind: string | null; word: string };
  note: string;
}

export function Result(props: Props): JSX.Element {
  const { match, tag, note } = props;
  return (
    <a class="result" href={matchHash(match.match_id)}>
      <span class={`tag ${tag.kind ?? ""}`}>{tag.word}</span>
      <span><bdi>{teamName("A", match)}</bdi> {match.maps_a}:{match.maps_b} <bdi>{teamName("B", match)}</bdi></span>
      <span class="muted small">{note}</span>
    </a>
  );
}
