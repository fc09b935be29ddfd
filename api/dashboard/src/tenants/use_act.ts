/* One change at a time: whether it is under way, and what the API said against the last one. */

import { useState } from "preact/hooks";
import { ProblemError } from "../rest";

export interface Acting {
  isBusy: boolean;
  /** Why the last act was not done; empty where it was. */
  refusal: string;
  run: (act: () => Promise<void>) => void;
}

export function useAct(): Acting {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const done = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await act();
      setRefusal("");
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setRefusal(error.problem.reason);
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, refusal, run: (act) => void done(act) };
}

export function refused(acting: Acting): string | null {
  return acting.refusal === "" ? null : acting.refusal;
}
