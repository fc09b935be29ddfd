/* Asks before something that cannot be taken back. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function Confirm(props: { title: string; act: string; yes: () => void; no: () => void; children: ComponentChildren }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const asking = useRef<Element | null>(null);
  useEffect(() => {
    asking.current = document.activeElement;
    dialog.current?.showModal();
  }, []);
  const agree = (): void => {
    dialog.current?.close();
    around(asking.current)?.focus();
    props.yes();
  };
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby="confirm-title" onClose={props.no}>
      <h2 id="confirm-title">{props.title}</h2>
      <p>{props.children}</p>
      <div class="confirm-row">
        <button type="button" onClick={() => dialog.current?.close()}>Leave it</button>
        <button type="button" class="danger" onClick={agree}>{props.act}</button>
      </div>
    </dialog>
  );
}

/** What a button stands in: the button itself may go with what was agreed to. */
function around(button: Element | null): HTMLElement | null {
  return button?.closest<HTMLElement>("[tabindex]") ?? null;
}
