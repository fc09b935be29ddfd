/* An operator's own pictures of a map, to be drawn under the outlines.

Belongs here: asking for them, where they lie in game units. Does not belong here: drawing (`ground_painting`). */

import { useEffect, useState } from "preact/hooks";
import type { RadarView } from "../contract";
import { blob, isAbort, ProblemError, V1 } from "../rest";
import { useRest } from "../use_rest";

/** The width that `scale` is told for; a picture with more pixels covers the same ground. */
const TOLD_WIDTH = 1024;

export interface Radar {
  /** The upper left corner, game units. */
  corner: { x: number; y: number };
  /** How far a picture reaches to the right and down, game units. */
  span: number;
  /** By floor: 0 is the upper one. A floor without a picture is null. */
  pictures: (ImageBitmap | null)[];
}

/** The pictures of a map; null where there are none, or not yet. */
export function useRadar(mapName: string | null): Radar | null {
  const radars = useRest<RadarView[]>(mapName === null ? null : `${V1}/maps/radars`);
  const found = radars.data?.find((each) => each.map_name === mapName) ?? null;
  const [radar, setRadar] = useState<{ of: string; radar: Radar } | null>(null);
  useEffect(() => {
    if (found === null) return undefined;
    const aborting = new AbortController();
    const load = async (): Promise<void> => {
      const pictures = await Promise.all((["upper", "lower"] as const).map((level) => (found.levels.includes(level) ? picture(found, level, aborting.signal) : null)));
      if (!aborting.signal.aborted) setRadar({ of: found.map_name, radar: { corner: { x: found.pos_x, y: found.pos_y }, span: found.scale * TOLD_WIDTH, pictures } });
    };
    void load();
    return () => {
      aborting.abort();
    };
  }, [found?.map_name]);
  return radar !== null && radar.of === mapName ? radar.radar : null;
}

/** Fetched, not named in an element: with a key where the API asks for one. Null for what cannot be shown. */
async function picture(view: RadarView, level: "upper" | "lower", signal: AbortSignal): Promise<ImageBitmap | null> {
  try {
    return await createImageBitmap(await blob(`${V1}/maps/${encodeURIComponent(view.map_name)}/radar/${level}`, { signal }));
  } catch (error) {
    if (error instanceof ProblemError || error instanceof DOMException || isAbort(error)) return null;
    throw error;
  }
}
