/** How many files are read at one time; each costs a process. */
export interface ReadingSlots {
  /** Runs the task, or undefined where there is no slot for this organisation now. */
  within<T>(organisation: string, task: () => Promise<T>): Promise<T | undefined>;
}

/** `each`: of one organisation, so that a slow or hostile one leaves slots to the others. */
export function createReadingSlots(bounds: { readonly all: number; readonly each: number }): ReadingSlots {
  const taken = new Map<string, number>();
  let total = 0;
  return {
    within: async (organisation, task) => {
      const own = taken.get(organisation) ?? 0;
      if (total >= bounds.all || own >= bounds.each) return undefined;
      total++;
      taken.set(organisation, own + 1);
      try {
        return await task();
      } finally {
        total--;
        const left = (taken.get(organisation) ?? 1) - 1;
        if (left === 0) taken.delete(organisation);
        else taken.set(organisation, left);
      }
    },
  };
}
