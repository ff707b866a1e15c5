// Guards for what workers send: a captured worker may send anything, so every answer is read as unknown.

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** A whole number ≥ 0. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every(isText) ? value : undefined;
}

/** A list in which each element passes `read`, or undefined. */
export function listOf<T>(value: unknown, read: (element: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list: T[] = [];
  for (const element of value) {
    const one = read(element);
    if (one === undefined) return undefined;
    list.push(one);
  }
  return list;
}

/** Name and type of a column, or undefined. */
export function columnOf(value: unknown): { readonly name: string; readonly type: string } | undefined {
  if (!isRecord(value)) return undefined;
  const { name, type } = value;
  return isText(name) && isText(type) ? { name, type } : undefined;
}
