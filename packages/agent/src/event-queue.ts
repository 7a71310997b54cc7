/** What several producers push, one reader reads in order. */
export interface EventQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** No more will come; the reader gets what is left, then the end. */
  end(): void;
}

export function createEventQueue<T>(): EventQueue<T> {
  let items: T[] = [];
  let isEnded = false;
  let wake: () => void = () => undefined;
  return {
    push(item) {
      items.push(item);
      wake();
    },
    end() {
      isEnded = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const ready = items;
        items = [];
        yield* ready;
        if (items.length > 0) continue;
        if (isEnded) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
