/* How old what is shown is, from the times that messages carry. */

import type { Live } from "../live/use_feed";
import { millis } from "../format";

/** From the intake to here, by the newest message that moved the match; null where the message has no time or the machine's clocks differ
by more than the way can take. */
export function latencyMs(live: Live): number | null {
  const { receivedAt } = live.feed;
  if (receivedAt === null || live.status.movedMs === null) return null;
  const passed = live.status.movedMs - Date.parse(receivedAt);
  return passed >= 0 && passed < 60_000 ? passed : null;
}

export function latency(live: Live): string | null {
  const ms = latencyMs(live);
  return ms === null ? null : millis(ms);
}

/** The value below which `share` of the values lie; null without any. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
