/* What a page says while it has nothing to show: loading, empty, in trouble. No requests. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ProblemError } from "../rest";

/** Screen readers announce it: the status element is rendered empty first, because only a change of its text is announced. */
export function Loading(props: { what: string }): JSX.Element {
  const [isThere, setIsThere] = useState(false);
  useEffect(() => { setIsThere(true); }, []);
  return (
    <div class="state">
      <span class="spinner" aria-hidden="true" />
      <span aria-hidden="true">Loading {props.what}…</span>
      <span class="hidden" role="status">{isThere ? `Loading ${props.what}` : ""}</span>
    </div>
  );
}

export function Empty(props: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="state">
      <strong>{props.title}</strong>
      {props.children === undefined ? null : <div class="muted">{props.children}</div>}
    </div>
  );
}

/** An error with what the API said of it. */
export function Trouble(props: { problem: ProblemError; what: string }): JSX.Element {
  const { problem } = props.problem;
  return (
    <div class="state trouble" role="alert">
      <strong>{problem.status === 404 ? `No such ${props.what}` : `The ${props.what} cannot be shown`}</strong>
      <div class="muted">
        {problem.detail}
        {props.problem.retryMs !== null ? " It is asked again by itself." : ""}
      </div>
    </div>
  );
}
