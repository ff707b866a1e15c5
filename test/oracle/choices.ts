/**
 * A list of bytes read as choices. Where it ends every choice is the first, which is the plainest: whatever shrinks the list
 * makes what was chosen plainer.
 */
export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  below(limit: number): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte % limit;
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(256) >= 256 - Math.round((percent * 256) / 100);
  }

  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    const [first] = list;
    if (first === undefined) throw new TypeError("nothing to choose from");
    return list[this.below(list.length)] ?? first;
  }
}
