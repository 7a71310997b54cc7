// What every floor's program needs: a free port on loopback, its address as one line on stdout, an end on SIGTERM.
import type { Server } from "node:http";

export function listen(server: Server): void {
  server.keepAliveTimeout = 120_000;
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address !== null && typeof address === "object") console.log(`http://127.0.0.1:${address.port}/`);
  });
  process.once("SIGTERM", () => process.exit(0));
}
