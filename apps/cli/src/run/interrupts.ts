/** A terminal gives Ctrl-C to the launcher and to us, and the launcher hands its own on: that is still one. */
const sameMs = 250;

/** Tells the first Ctrl-C from the second. Returns how to stop listening. */
export function onInterrupts(first: () => void, second: () => void): () => void {
  let firstAt: number | null = null;
  const onSignal = () => {
    if (firstAt === null) {
      firstAt = performance.now();
      first();
    } else if (performance.now() - firstAt > sameMs) second();
  };
  process.on("SIGINT", onSignal);
  return () => process.off("SIGINT", onSignal);
}
