/** `good`: the attack was held, or the honest statement accepted. */
export interface Verdict {
  readonly good: boolean;
  readonly why: string;
}

export const good = (why: string): Verdict => ({ good: true, why });
export const bad = (why: string): Verdict => ({ good: false, why });
