/* Models: which there are and who promoted them, how often what they said came true, challengers beside the champion. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { signedIn } from "../access/key";
import type { Horizon } from "../contract";
import type { ModelView, Reliability, ShadowView } from "../contract_records";
import { moment, signed } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import { blob, V1 } from "../rest";
import { refused, useAct } from "../tenants/use_act";
import { useRest } from "../use_rest";
import { ReliabilityDiagram } from "./reliability";

/** What is decided or compared changes with each round at most. */
const SELDOM_MS = 60_000;
/** Decimals of a log loss. */
const DIGITS = 4;
const SLICES: readonly [string, string][] = [
  ["none", "All"],
  ["map", "By map"],
  ["buys", "By buys"],
  ["pistol", "Pistol rounds"],
  ["overtime", "Overtime"],
  ["outside", "By support"],
];

export default function ModelsPage(): JSX.Element {
  const models = useRest<ModelView[]>(`${V1}/models`, { everyMs: 10_000 });
  const shadows = useRest<ShadowView[]>(`${V1}/models/shadow`, { everyMs: SELDOM_MS });
  return (
    <div class="page">
      <div class="page-head">
        <h1>Models</h1>
      </div>
      <section class="panel stack" aria-label="Versions">
        <header class="panel-head"><h2>Versions</h2></header>
        {models.problem === null ? null : <Trouble problem={models.problem} what="models" />}
        {models.data === null ? (models.problem === null ? <Loading what="models" /> : null) : <Versions models={models.data} />}
      </section>
      <Calibration />
      <section class="panel stack" aria-label="Challengers">
        <header class="panel-head"><h2>Challengers beside the champion</h2></header>
        {shadows.problem === null ? null : <Trouble problem={shadows.problem} what="challengers" />}
        {shadows.data === null ? (shadows.problem === null ? <Loading what="challengers" /> : null) : <Shadows shadows={shadows.data} />}
      </section>
    </div>
  );
}

function Versions(props: { models: ModelView[] }): JSX.Element {
  const acting = useAct();
  /** A link brings no key: with one the page asks itself. */
  const withKey = (event: Event, path: string): void => {
    if (signedIn() === null) return;
    event.preventDefault();
    acting.run(() => opened(path));
  };
  return (
    <>
      {refused(acting) === null ? null : <p class="refusal" role="alert">{acting.refusal}</p>}
      <div class="board-scroll" role="region" aria-label="Model versions" tabIndex={0}>
        <table class="board words">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Role</th>
              <th scope="col">Since</th>
              <th scope="col">By</th>
              <th scope="col">Why</th>
              <th scope="col">Hash</th>
              <th scope="col">Card</th>
            </tr>
          </thead>
          <tbody>
            {props.models.map((model) => (
              <tr key={model.name}>
                <th scope="row">{model.name}</th>
                <td>{model.problem === "" ? model.roles.map((role) => <span key={role} class={`tag ${role === "champion" ? "live" : ""}`}>{role}</span>) : <span class="warn">{model.problem}</span>}</td>
                <td>{model.since === null ? "from the start" : moment(model.since)}</td>
                <td>{model.who === "" ? "–" : model.who}</td>
                <td>{model.why === "" ? "–" : model.why}</td>
                <td><code>{model.model_hash?.slice(0, 12) ?? "–"}</code></td>
                <td><a class="link" href={cardPath(model)} onClick={(event) => { withKey(event, cardPath(model)); }}>card</a></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function cardPath(model: ModelView): string {
  return `${V1}/models/${encodeURIComponent(model.name)}/card`;
}

/** How long a browser may take to open a file. */
const OPENED_MS = 60_000;

/** A file of the API, opened as it came. */
async function opened(path: string): Promise<void> {
  const url = URL.createObjectURL(await blob(path));
  location.assign(url);
  setTimeout(() => { URL.revokeObjectURL(url); }, OPENED_MS);
}

function Calibration(): JSX.Element {
  const [horizon, setHorizon] = useState<Horizon>("round");
  const [slice, setSlice] = useState("none");
  const { data, problem } = useRest<Reliability[]>(`${V1}/calibration?horizon=${horizon}&by=${slice}&bins=10`, { everyMs: SELDOM_MS });
  return (
    <section class="panel stack" aria-label="Calibration">
      <header class="panel-head">
        <h2>How often what was published came true</h2>
        <div class="legend">
          <div class="segments small" role="group" aria-label="Horizon">
            {(["round", "map", "series"] as const).map((each) => (
              <button key={each} type="button" aria-pressed={each === horizon} onClick={() => { setHorizon(each); }}>{each}</button>
            ))}
          </div>
          <label class="select">
            <span class="hidden">Slice</span>
            <select value={slice} onChange={(event) => { setSlice(event.currentTarget.value); }}>
              {SLICES.map(([id, title]) => (
                <option key={id} value={id}>{title}</option>
              ))}
            </select>
          </label>
        </div>
      </header>
      {problem === null ? null : <Trouble problem={problem} what="calibration" />}
      {data === null && problem === null ? <Loading what="calibration" /> : null}
      {data?.length === 0 ? <Empty title="Nothing is decided yet">A prediction counts once its {horizon} is.</Empty> : null}
      <div class="diagrams">
        {data?.map((told) => (
          <ReliabilityDiagram key={`${told.model_hash}/${told.slice}`} told={told} />
        ))}
      </div>
      <p class="muted small">Discs are bins, larger with more states; bars are 95 % intervals by {horizon}s, wide where few are behind them. On the line, what was said came true as often as it was said.</p>
    </section>
  );
}

function Shadows(props: { shadows: ShadowView[] }): JSX.Element {
  if (props.shadows.length === 0) return <Empty title="No model challenges" />;
  return (
    <div class="board-scroll" role="region" aria-label="Challengers" tabIndex={0}>
      <table class="board">
        <thead>
          <tr>
            <th scope="col">Challenger</th>
            <th scope="col">Champion</th>
            <th scope="col">Maps</th>
            <th scope="col">States</th>
            <th scope="col">Its log loss</th>
            <th scope="col">Champion's</th>
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>
          {props.shadows.map((each) => (
            <tr key={each.challenger_hash}>
              <th scope="row">{each.challenger}</th>
              <td>{each.champion}</td>
              <td>{each.maps}</td>
              <td>{each.rows.toLocaleString("en-US")}</td>
              <td>{each.challenger_log_loss.toFixed(DIGITS)}</td>
              <td>{each.champion_log_loss.toFixed(DIGITS)}</td>
              <Difference shadow={each} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Of log loss: less is better. */
function Difference(props: { shadow: ShadowView }): JSX.Element {
  const { paired, paired_interval: interval } = props.shadow;
  const shown = signed(paired, DIGITS);
  const kind = shown.startsWith("−") ? "high" : shown.startsWith("+") ? "low" : "";
  return (
    <td class={kind}>
      {shown}
      {interval === null ? "" : ` (${signed(interval[0], DIGITS)} to ${signed(interval[1], DIGITS)})`}
    </td>
  );
}
