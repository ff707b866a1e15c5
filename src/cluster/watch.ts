interface Observation {
  readonly sign: string;
  readonly since: number;
}

/**
 * Tells which peers gave no sign of life for a whole lease *while we watched without a gap*. No
 * clock of theirs enters, only whether a sign moves. A store that did not answer for a while
 * silenced everybody, and so did a pause of our own: whoever is first to look again must not take
 * the others for dead.
 */
export class PeerWatch {
  readonly #leaseMs: number;
  #seen = new Map<string, Observation>();
  #lookedAt: number | undefined;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** One look at all that are said to live; `at` is monotonic, in ms. Gives the silent ones. */
  look(peers: readonly { readonly id: string; readonly sign: string }[], at: number): readonly string[] {
    if (at - (this.#lookedAt ?? at) >= this.#leaseMs / 2) this.forget();
    this.#lookedAt = at;
    const next = new Map<string, Observation>();
    for (const { id, sign } of peers) {
      const before = this.#seen.get(id);
      next.set(id, before?.sign === sign ? before : { sign, since: at });
    }
    this.#seen = next;
    return peers.map(({ id }) => id).filter((id) => at - (next.get(id)?.since ?? at) >= this.#leaseMs);
  }

  /** A look failed: nothing that was observed before counts any more. */
  forget(): void {
    this.#seen = new Map();
  }
}
