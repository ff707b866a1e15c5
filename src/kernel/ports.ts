/** The only source of time. Tests inject their own; nothing else reads the system clock. */
export interface Clock {
  now(): Date;
}

/** The only source of randomness for ids, salts and keys: cryptographically secure in production. */
export interface Random {
  bytes(count: number): Uint8Array;
}
