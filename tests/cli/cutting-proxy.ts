// A line to a hub that breaks once: in the moment in which the first message is on its way.
import { connect, createServer, type Socket } from "node:net";

export interface CuttingProxy {
  port: number;
  hasCut(): boolean;
  close(): void;
}

/** `arrived`: whether the hub gets the message whose answer the client never sees. */
export async function startCuttingProxy(hubPort: number, { arrived }: { arrived: boolean }): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let port = 0;
  let hasCut = false;
  const server = createServer((client) => {
    const hub = connect(hubPort, "127.0.0.1");
    let isSocket = false;
    let isCut = false;
    const end = () => [client, hub].forEach((side) => void side.destroy());
    for (const side of [client, hub]) {
      open.add(side);
      side.on("error", end).on("close", end);
    }
    client.on("data", (chunk: Buffer) => {
      // The first bytes after the upgrade are the chat frame.
      if (isSocket && !hasCut) {
        hasCut = true;
        isCut = true;
        client.removeListener("close", end).destroy();
        if (arrived) hub.end(chunk);
        else hub.destroy();
        return;
      }
      const text = chunk.toString("latin1");
      if (!isSocket) hub.write(text.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${hubPort}`), "latin1");
      else hub.write(chunk);
      isSocket ||= /^GET \/ws /.test(text);
    });
    hub.on("data", (chunk: Buffer) => void (isCut || client.write(chunk)));
  });
  server.listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    hasCut: () => hasCut,
    close() {
      server.close();
      for (const side of open) side.destroy();
    },
  };
}
