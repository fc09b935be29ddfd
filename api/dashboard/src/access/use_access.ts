/* Whether the API asks for a key that this tab does not have, and who is signed in. */

import { useEffect, useState } from "preact/hooks";
import { CHANGED, keep, LOCKED, signedIn, type SignedIn } from "./key";

export interface Access {
  who: SignedIn | null;
  isLocked: boolean;
  signOut: () => void;
}

export function useAccess(): Access {
  const [who, setWho] = useState(signedIn);
  const [isLocked, setLocked] = useState(false);
  useEffect(() => {
    const locked = (): void => {
      setLocked(true);
    };
    const changed = (): void => {
      setWho(signedIn());
      setLocked(false);
    };
    addEventListener(LOCKED, locked);
    addEventListener(CHANGED, changed);
    return () => {
      removeEventListener(LOCKED, locked);
      removeEventListener(CHANGED, changed);
    };
  }, []);
  return {
    who,
    isLocked,
    signOut: () => {
      keep(null);
      setLocked(true);
    },
  };
}
