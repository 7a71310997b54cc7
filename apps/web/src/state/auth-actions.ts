// Who we are to the hub. A sign-in link carries a one-time code behind the #, which never leaves the browser except in
// this one request; the address is cleaned at once so that it stays in no history.
import type { ApiClient } from "@anywork/client";
import type { AppStore } from "./app-state.ts";
import { toProblem } from "./problem.ts";

export interface AuthActions {
  /** Looks at the address for a code, then asks the hub who we are. */
  begin(): Promise<void>;
  /** A pasted link, code or token. */
  signIn(pasted: string): Promise<void>;
  signOut(): Promise<void>;
  check(): Promise<boolean>;
}

const codeIn = (text: string): string | undefined => /#.*?\bcode=([^&\s]+)/.exec(text)?.[1];

function takeCodeFromAddress(): string | undefined {
  const code = codeIn(location.hash);
  if (code !== undefined) history.replaceState(history.state, "", location.pathname + location.search);
  return code === undefined ? undefined : decodeURIComponent(code);
}

export function createAuthActions(store: AppStore, api: ApiClient): AuthActions {
  async function check() {
    try {
      const { signedIn, auth } = await api.call("who");
      store.setState({ auth, signIn: signedIn || auth === "off" ? { name: "in" } : { name: "out", problem: null } });
      return signedIn || auth === "off";
    } catch {
      if (store.getState().signIn.name !== "in") store.setState({ signIn: { name: "unreachable" } });
      return true; // not refused: only not answered
    }
  }

  async function present(code: string) {
    try {
      await api.call("signIn", { body: { code } });
      await check();
    } catch (thrown) {
      const problem = toProblem(thrown);
      await check();
      const { signIn } = store.getState();
      // A used link opened in a browser that is signed in already does no harm.
      if (signIn.name === "out") store.setState({ signIn: { name: "out", problem } });
    }
  }

  return {
    check,
    async begin() {
      const code = takeCodeFromAddress();
      await (code === undefined ? check() : present(code));
    },
    signIn: (pasted) => present(codeIn(pasted) ?? pasted.trim()),
    async signOut() {
      await api.call("signOut");
      location.replace("/"); // nothing of what was shown stays in memory
    },
  };
}
