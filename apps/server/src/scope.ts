/** Who acquires registers the release; close runs them last in, first out, once, and throws the first error at the end. */
export interface Scope {
  add(release: () => void | Promise<void>): void;
  close(): Promise<void>;
}

export function createScope(): Scope {
  const releases: (() => void | Promise<void>)[] = [];
  return {
    add: (release) => void releases.push(release),
    async close() {
      const errors: unknown[] = [];
      for (let release = releases.pop(); release; release = releases.pop()) {
        try {
          await release();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
