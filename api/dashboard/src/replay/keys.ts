/* Keys of the replay. Not while somebody types. */

import { useEffect, useRef } from "preact/hooks";
import type { Act } from "./acts";

const STEP_MS = 5_000;

/** What each key does, as it is told to people. */
export const KEYS: readonly [string, string][] = [
  ["Space K", "play or pause"],
  ["← →", "five seconds back or on (Shift: one)"],
  ["P N", "the moment before or after: kill, bomb, end"],
  ["[ ]", "the round before or after"],
  ["− +", "slower or faster"],
  ["L", "live"],
];

export function useKeys(options: { act: (act: Act) => void }): void {
  const newest = useRef(options.act);
  newest.current = options.act;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const asked = actOf(event);
      if (asked === null) return;
      event.preventDefault();
      newest.current(asked);
    };
    addEventListener("keydown", pressed);
    return () => {
      removeEventListener("keydown", pressed);
    };
  }, []);
}

function actOf(event: KeyboardEvent): Act | null {
  const step = event.shiftKey ? 1_000 : STEP_MS;
  switch (event.key) {
    case " ":
      return isButton(event.target) ? null : { kind: "toggle" };
    case "k":
      return { kind: "toggle" };
    case "ArrowLeft":
      return { kind: "step", ms: -step };
    case "ArrowRight":
      return { kind: "step", ms: step };
    case "n":
      return { kind: "next-mark" };
    case "p":
      return { kind: "previous-mark" };
    case "]":
      return { kind: "next-round" };
    case "[":
      return { kind: "previous-round" };
    case "+":
      return { kind: "faster" };
    case "-":
      return { kind: "slower" };
    case "l":
      return { kind: "live" };
    default:
      return null;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input, select, textarea") || target.isContentEditable);
}

function isButton(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("button, a, summary");
}
