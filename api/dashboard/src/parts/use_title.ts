/* The title of the document, by which tabs and histories name a page. */

import { useEffect } from "preact/hooks";

/** Null leaves the title as it is. */
export function useTitle(text: string | null): void {
  useEffect(() => {
    if (text !== null) document.title = `${text} · Midround`;
  }, [text]);
}
