// Who may ask: the one place that judges a request, for HTTP and for the upgrade to a socket alike.
import { createHash, timingSafeEqual } from "node:crypto";
import { AnyWorkError } from "@anywork/protocol";
import { allowedHosts } from "./addresses.ts";
import type { SignIns } from "./sign-ins.ts";

/** Cookies know no ports: two hubs on one machine must not take each other's. */
export const cookieName = (port: number): string => `anywork-${port}`;

export interface AccessRequest {
  host: string | undefined;
  origin: string | undefined;
  authorization: string | undefined;
  cookie: string | undefined;
}

export interface Access {
  /** Throws host_refused, origin_refused: before anything else is looked at. */
  assertPlace(request: AccessRequest): void;
  /** Whether the request comes from the owner. */
  isOwner(request: AccessRequest): Promise<boolean>;
  /** Whether a text is the owner's token. */
  isToken(text: string): boolean;
}

export function createAccess(options: {
  auth: "on" | "off";
  host: string;
  port: () => number;
  token: string;
  signIns: SignIns;
}): Access {
  const tokenHash = sha256(options.token);
  let hosts: Set<string> | null = null;

  const isToken = (text: string): boolean => timingSafeEqual(sha256(text), tokenHash);

  return {
    assertPlace({ host, origin }) {
      hosts ??= allowedHosts(options.host, options.port());
      if (host === undefined || !hosts.has(host.toLowerCase())) {
        throw new AnyWorkError("host_refused", "This address is not one of AnyWork's own.", {
          hint: `Open http://127.0.0.1:${options.port()}/ instead.`,
        });
      }
      if (origin !== undefined && !isOwnOrigin(origin, hosts)) {
        throw new AnyWorkError("origin_refused", "Requests from other pages are refused.", {
          hint: "Open AnyWork in a tab of its own.",
        });
      }
    },
    async isOwner({ authorization, cookie }) {
      if (options.auth === "off") return true;
      if (authorization !== undefined) {
        const [, token] = /^Bearer ([\x21-\x7e]+)$/.exec(authorization) ?? [];
        return token !== undefined && isToken(token);
      }
      const value = cookie === undefined ? undefined : readCookie(cookie, cookieName(options.port()));
      return value !== undefined && (await options.signIns.has(value));
    },
    isToken,
  };
}

function isOwnOrigin(origin: string, hosts: Set<string>): boolean {
  return origin.startsWith("http://") && hosts.has(origin.slice("http://".length).toLowerCase());
}

export function readCookie(header: string, cookie: string): string | undefined {
  for (const pair of header.split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === cookie) return value;
  }
  return undefined;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
