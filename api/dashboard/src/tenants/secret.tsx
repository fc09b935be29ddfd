/* A new key or secret, shown this once: to be copied, then gone from the page. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export function Secret(props: { text: string; what: "key" | "secret"; client: string; done: () => void }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [props.text]);
  const copy = async (): Promise<void> => {
    field.current?.select();
    setSaid((await isCopied(props.text)) ? "Copied." : "Select it and copy it by hand: this browser does not let the page do it.");
  };
  return (
    <section class="panel secret" aria-label={`New ${props.what}`}>
      <h2>The new {props.what} of {props.client}</h2>
      <p class="warn">It is shown this once. Nobody can show it again.</p>
      <div class="secret-row">
        <input ref={field} class="secret-text" readOnly value={props.text} aria-label={props.what === "key" ? "Key" : "Secret"} />
        <button type="button" class="main" onClick={() => void copy()}>Copy</button>
        <button type="button" onClick={props.done}>Done</button>
      </div>
      <p class="muted small" role="status">{said}</p>
    </section>
  );
}

/** Only pages of this machine or behind TLS have a clipboard. */
async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
