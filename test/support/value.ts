import { isRefusal } from "../../src/kernel/index.ts";

/** A value, or a failed test with the refusal's code. */
export function expectValue<T>(value: T): Exclude<T, { readonly kind: "refused" }> {
  if (isRefusal(value)) throw new Error(`refused: ${value.code} ${JSON.stringify(value.detail ?? {})}`);
  return value as Exclude<T, { readonly kind: "refused" }>;
}
