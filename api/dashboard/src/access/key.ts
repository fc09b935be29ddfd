/* The key that this tab brings to an API that asks for one, and who it makes of the reader.

Belongs here: keeping it while the tab lives (sessionStorage, no other place), telling of a change. Does not belong here:
asking for it (`sign_in`), requests (`rest`). */

export interface SignedIn {
  key: string;
  client: string;
  scopes: string[];
}

/** Told to the window when the API has refused a request for want of a key. */
export const LOCKED = "midround:locked";
/** Told to the window when somebody signed in or out. */
export const CHANGED = "midround:key";
const KEY = "midround.key";
let unkept: SignedIn | null = null;

export function signedIn(): SignedIn | null {
  try {
    const kept = sessionStorage.getItem(KEY);
    return kept === null ? unkept : (JSON.parse(kept) as SignedIn);
  } catch {
    return unkept;
  }
}

/** Signs in, or with null out. */
export function keep(found: SignedIn | null): void {
  unkept = found;
  try {
    if (found === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(found));
  } catch {
    // a browser without storage asks for the key again when the page is loaded anew
  }
  dispatchEvent(new Event(CHANGED));
}

/** The header that brings the key; empty where there is none. */
export function authorization(key = signedIn()?.key): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

export function lock(): void {
  dispatchEvent(new Event(LOCKED));
}

/** Whether the reader may administer clients: with a key of that scope, or where no key is asked for. */
export function mayAdminister(who: SignedIn | null): boolean {
  return who === null || who.scopes.includes("admin");
}
