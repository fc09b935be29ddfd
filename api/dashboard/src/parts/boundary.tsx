/* What stands where a page or a part of one broke: a file of it that could not be loaded, or a fault in it. */

import { Component, type ComponentChildren, type JSX } from "preact";

/** Its content until that breaks. Give it a `key`, so that another page begins whole. */
export class Boundary extends Component<{ children: ComponentChildren }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static override getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override componentDidCatch(error: unknown): void {
    reportError(error);
  }

  override render(): ComponentChildren {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken(): JSX.Element {
  return (
    <div class="state trouble" role="alert">
      <strong>This page could not be shown</strong>
      <div class="muted">A part of it could not be loaded, or failed. Loading it again may help.</div>
      <button type="button" onClick={() => { location.reload(); }}>Load again</button>
    </div>
  );
}
