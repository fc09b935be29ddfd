/* How old what is shown is, from the times that messages carry. */

import type { Live } from "../live/use_feed";
import { millis } from "../format";

/** From the intake to here, by the newest message that moved the match; null where the message has no time, was received before this
connection told anything, or the machine's clocks differ by more than the way can take. */
export function latencyMs(live: Live): number | null {
  const { movedMs, openedMs } = live.status;
  if (live.feed.receivedAt === null || movedMs === null || openedMs === null) return null;
  const receivedMs = Date.parse(live.feed.receivedAt);
  const passed = movedMs - receivedMs;
  if (receivedMs < openedMs) return null;
  return passed >= 0 && passed < 60_000 ? passed : null;
}

export function latency(live: Live): string | null {
  const ms = latencyMs(live);
  return ms === null ? null : millis(ms);
}

export interface Sample {
  /** When it was taken, in milliseconds of the wall clock. */
  atMs: number;
  ms: number;
}

/** Those of the samples that are not older than a minute. */
export function lastMinute(samples: readonly Sample[], nowMs: number): readonly Sample[] {
  return samples.filter((sample) => sample.atMs >= nowMs - 60_000);
}

/** The value below which `share` of the values lie; null without any. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
