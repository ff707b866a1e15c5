import type { Clock } from "../../kernel/index.ts";
import { unreachableIssuer } from "./unreachable-issuer.ts";

/** What an issuer publishes, kept for a while. */
export interface Kept<T> {
  /** The value, not older than allowed. Throws `IDENTITY_ISSUER_UNREACHABLE`: an old one is not used instead. */
  get(): Promise<T>;
  /** A newer value, unless one was asked for lately; undefined then. */
  renew(): Promise<T | undefined>;
}

/** After a failure the issuer is left alone for so long: a flood of tokens must not become a flood of requests. */
const failureRestMs = 5000;
/** Tokens with invented key ids make the keys be asked for no more often than this. */
const renewRestMs = 30_000;

export function createKept<T>(deps: {
  readonly clock: Clock;
  readonly maxAgeMs: number;
  readonly load: () => Promise<T>;
}): Kept<T> {
  let kept: { readonly value: T; readonly at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<T> | undefined;
  const now = (): number => deps.clock.now().getTime();

  const load = async (): Promise<T> => {
    try {
      const value = await deps.load();
      kept = { value, at: now() };
      return value;
    } finally {
      loading = undefined;
    }
  };
  /** Those who ask while somebody asks already wait for the same answer. */
  const loadOnce = (): Promise<T> => {
    if (loading === undefined) {
      triedAt = now();
      loading = load();
    }
    return loading;
  };

  return {
    get: async () => {
      if (kept !== undefined && now() - kept.at < deps.maxAgeMs) return kept.value;
      if (loading === undefined && now() - triedAt < failureRestMs)
        throw unreachableIssuer("The issuer did not answer a moment ago.");
      return loadOnce();
    },
    renew: async () => (loading === undefined && now() - triedAt < renewRestMs ? undefined : loadOnce()),
  };
}
