/**
 * A bug or a broken machine, told apart by `code`, never by message. Each folder that can break
 * makes its own subclass with a closed union of codes.
 */
export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The kernel's own breakages: wrong use of its mathematics. */
export type KernelErrorCode =
  | "KERNEL_CONFIG_INVALID"
  | "KERNEL_JSON_INVALID"
  | "KERNEL_MERKLE_RANGE"
  | "KERNEL_NOTE_MALFORMED"
  | "KERNEL_DATE_INVALID"
  | "KERNEL_ID_INVALID"
  | "KERNEL_UNREACHABLE";

export class KernelError extends CodedError<KernelErrorCode> {}

/**
 * "No" as a value: expected, audited, always with an answer. `detail` may be shown to the caller;
 * it never holds protected values or foreign error text.
 */
export interface Refusal<Code extends string = string> {
  readonly kind: "refused";
  readonly code: Code;
  readonly detail?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export function refuse<Code extends string>(code: Code, detail?: Refusal["detail"]): Refusal<Code> {
  return detail === undefined ? { kind: "refused", code } : { kind: "refused", code, detail };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "refused";
}

/** Marks a branch that the types exclude; reached only if the types lie. */
export function unreachable(value: never): never {
  throw new KernelError("KERNEL_UNREACHABLE", `unreachable value: ${String(value)}`);
}
