/* Asks for a key where the API wants one, and takes none that the API does not take. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AccountView } from "../contract_records";
import { ProblemError, V1, get } from "../rest";
import { authorization, keep } from "./key";

export function SignIn(): JSX.Element {
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState("");
  const [isAsking, setAsking] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
  }, []);
  const submit = async (): Promise<void> => {
    setAsking(true);
    setRefusal(await refused(text.trim()));
    setAsking(false);
  };
  return (
    <div class="page">
      <form class="panel sign-in" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <h1>Sign in</h1>
        <p class="muted" id="sign-in-why">This API asks for a key. It is kept in this tab until you sign out or close it.</p>
        <label for="key">Key</label>
        <input id="key" ref={field} type="password" autocomplete="off" spellcheck={false} placeholder="mr_…" required value={text} aria-describedby="sign-in-why" onInput={(event) => { setText(event.currentTarget.value); }} />
        <p class="refusal" role="alert">{refusal}</p>
        <button class="main" type="submit" disabled={isAsking || text.trim() === ""}>Sign in</button>
      </form>
    </div>
  );
}

/** Signs in with the key; what is wrong with it, or nothing. */
async function refused(key: string): Promise<string> {
  if (!/^mr_[0-9a-f]{12}_[\w-]{43}$/.test(key)) return "That is no key: one begins with mr_ and has 59 characters.";
  try {
    const account = await get<AccountView>(`${V1}/account`, { headers: authorization(key) });
    keep({ key, client: account.client, scopes: account.scopes });
    return "";
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problem.status === 401 ? "This key is unknown, expired or revoked." : error.problem.detail;
  }
}
