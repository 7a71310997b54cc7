// Signing in a browser: a one-time code from the link becomes a cookie. Codes live in memory, cookies as hashes in the store.
import { createHash, randomBytes } from "node:crypto";
import type { Clock, SettingStore } from "@anywork/core";
import { AnyWorkError } from "@anywork/protocol";

const codeLifeMs = 15 * 60_000;
const cookieLifeMs = 30 * 24 * 3_600_000;
const guessesPerMinute = 10;

export interface SignIns {
  /** A code that signs one browser in, once, within 15 minutes. */
  newCode(): { code: string; expiresAt: string };
  /** The cookie's value for a code or the owner's token. Throws unauthorized, too_many_requests. */
  signIn(code: string, isToken: (text: string) => boolean): Promise<{ cookie: string; maxAgeS: number }>;
  has(cookie: string): Promise<boolean>;
  signOut(cookie: string): Promise<void>;
}

export function createSignIns({ settings, clock }: { settings: SettingStore; clock: Clock }): SignIns {
  const codes = new Map<string, number>();
  const known = new Map<string, number>();
  let wrong: number[] = [];

  function assertNotGuessing(): void {
    const now = clock.monotonicMs();
    wrong = wrong.filter((at) => at > now - 60_000);
    if (wrong.length < guessesPerMinute) return;
    throw new AnyWorkError("too_many_requests", "Too many wrong codes.", { hint: "Wait a minute.", retryAfterS: 60 });
  }

  /** A code is worth one sign-in, and none after its time. */
  function redeem(code: string): boolean {
    const expires = codes.get(hash(code));
    codes.delete(hash(code));
    return expires !== undefined && expires > clock.monotonicMs();
  }

  return {
    newCode() {
      const code = randomBytes(32).toString("base64url");
      codes.set(hash(code), clock.monotonicMs() + codeLifeMs);
      return { code, expiresAt: new Date(Date.parse(clock.now()) + codeLifeMs).toISOString() };
    },
    async signIn(code, isToken) {
      assertNotGuessing();
      if (!redeem(code) && !isToken(code)) {
        wrong.push(clock.monotonicMs());
        throw new AnyWorkError("unauthorized", "This sign-in link was used already or is too old.", {
          hint: "Get a new one with: anywork token --link",
        });
      }
      const cookie = randomBytes(32).toString("base64url");
      const createdAt = clock.now();
      const expiresAt = new Date(Date.parse(createdAt) + cookieLifeMs).toISOString();
      await settings.addSignIn({ hash: hash(cookie), createdAt, expiresAt });
      return { cookie, maxAgeS: cookieLifeMs / 1000 };
    },
    async has(cookie) {
      const key = hash(cookie);
      if ((known.get(key) ?? 0) > clock.monotonicMs()) return true;
      const isKnown = await settings.hasSignIn(key, clock.now());
      // Seen a moment ago: the page's requests come in bursts and need not ask the store each time.
      if (isKnown) known.set(key, clock.monotonicMs() + 10_000);
      return isKnown;
    },
    async signOut(cookie) {
      known.delete(hash(cookie));
      await settings.removeSignIn(hash(cookie));
    },
  };
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
