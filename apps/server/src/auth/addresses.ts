import { hostname, networkInterfaces } from "node:os";

const loopbackNames = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);

export function isLoopback(host: string): boolean {
  return loopbackNames.has(host) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** How people write an address: IPv6 in brackets. */
export const inUrl = (host: string): string => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

/**
 * The Host headers under which the hub may be asked, against DNS rebinding: exact names and port, nothing by suffix.
 * A hub on all interfaces answers to the addresses and the name that its machine has.
 */
export function allowedHosts(host: string, port: number): Set<string> {
  const names = new Set<string>(["127.0.0.1", "localhost", "[::1]"]);
  if (!isLoopback(host)) {
    names.add(inUrl(host));
    if (host === "0.0.0.0" || host === "::") {
      names.add(hostname().toLowerCase());
      for (const address of Object.values(networkInterfaces()).flat()) if (address) names.add(inUrl(address.address));
    }
  } else names.add(inUrl(host));
  const withPort = [...names].map((name) => `${name}:${port}`);
  return new Set(port === 80 ? [...withPort, ...names] : withPort);
}
