/** A body that is told from a stalled one. */
export interface SteadyBody extends AsyncIterable<Uint8Array> {
  /** Whether it was given up, because too little came. */
  isStalled(): boolean;
}

/** Fewer bytes than this do not count as going on: one byte a minute would hold a process for hours. */
const signOfLifeBytes = 16 * 1024;

class Stalled extends Error {}

/**
 * Ends a body (by throwing) whose sender is waited for longer than `waitMs` in all without sending
 * 16 KiB. Time that we take ourselves does not count.
 */
export function steadyBody(body: AsyncIterable<Uint8Array>, waitMs: number): SteadyBody {
  let stalled = false;

  async function nextWithin(source: AsyncIterator<Uint8Array>, left: number): Promise<IteratorResult<Uint8Array>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Stalled("the sender is silent")), left);
    });
    try {
      return await Promise.race([source.next(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    isStalled: () => stalled,
    async *[Symbol.asyncIterator]() {
      const source = body[Symbol.asyncIterator]();
      let left = waitMs;
      let since = 0;
      for (;;) {
        const asked = performance.now();
        let next: IteratorResult<Uint8Array>;
        try {
          next = await nextWithin(source, left);
        } catch (error) {
          stalled = error instanceof Stalled;
          throw error;
        }
        if (next.done === true) return;
        left = Math.max(1, left - (performance.now() - asked));
        since += next.value.length;
        if (since >= signOfLifeBytes) {
          left = waitMs;
          since = 0;
        }
        yield next.value;
      }
    },
  };
}
