/* Keys of the replay, while the focus is within it: elsewhere a letter may mean something else. Not while somebody types;
the place in the round is no typing, and goes by the same steps. */

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

/** Acts as the key asks, if it is one of these. */
export function onKey(event: KeyboardEvent, act: (asked: Act) => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === " " && isButton(event.target)) return;
  const asked = actOf(event.key, event.shiftKey);
  if (asked === null) return;
  event.preventDefault();
  act(asked);
}

function actOf(key: string, isShift: boolean): Act | null {
  const step = isShift ? 1_000 : STEP_MS;
  switch (key.toLowerCase()) {
    case " ":
    case "k":
      return { kind: "toggle" };
    case "arrowleft":
      return { kind: "step", ms: -step };
    case "arrowright":
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
  return target instanceof HTMLElement && (target.matches("input:not([type=range]), select, textarea") || target.isContentEditable);
}

function isButton(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("button, a, summary");
}
