// Thrift's compact protocol, as far as Parquet's footers and page headers use it: enough to write
// files that lie. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

export type ThriftValue =
  | { readonly type: "bool"; value: boolean }
  | { readonly type: "integer"; readonly wire: 3 | 4 | 5 | 6; value: bigint }
  | { readonly type: "binary"; value: Buffer }
  | { readonly type: "double"; value: Buffer }
  | { readonly type: "list"; readonly element: number; value: ThriftValue[] }
  | { readonly type: "struct"; value: ThriftStruct };

export type ThriftStruct = Map<number, ThriftValue>;

function unsigned(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

const zigzag = (value: bigint): bigint => (value >= 0n ? value << 1n : (-value << 1n) - 1n);

function wireOf(value: ThriftValue): number {
  if (value.type === "bool") return value.value ? 1 : 2;
  if (value.type === "integer") return value.wire;
  return { binary: 8, double: 7, list: 9, struct: 12 }[value.type];
}

function write(value: ThriftValue, inList: boolean): number[] {
  switch (value.type) {
    case "bool":
      return inList ? [value.value ? 1 : 2] : [];
    case "integer":
      return value.wire === 3 ? [Number(value.value & 0xffn)] : unsigned(zigzag(value.value));
    case "binary":
      return [...unsigned(BigInt(value.value.length)), ...value.value];
    case "double":
      return [...value.value];
    case "list": {
      const { length } = value.value;
      const head = length < 15 ? [(length << 4) | value.element] : [0xf0 | value.element, ...unsigned(BigInt(length))];
      return [...head, ...value.value.flatMap((one) => write(one, true))];
    }
    case "struct":
      return [...writeStruct(value.value)];
  }
}

export function writeStruct(struct: ThriftStruct): Buffer {
  const parts: Uint8Array[] = [];
  let last = 0;
  for (const [id, value] of [...struct].sort(([one], [other]) => one - other)) {
    const delta = id - last;
    const wire = wireOf(value);
    parts.push(Uint8Array.from(delta <= 15 ? [(delta << 4) | wire] : [wire, ...unsigned(zigzag(BigInt(id)))]));
    parts.push(Uint8Array.from(write(value, false)));
    last = id;
  }
  return Buffer.concat([...parts, Uint8Array.of(0)]);
}

/** Reads one struct; gives it and the bytes it took. */
export function readStruct(bytes: Buffer): { readonly struct: ThriftStruct; readonly length: number } {
  let at = 0;
  const byte = (): number => bytes.readUInt8(at++);
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const next = byte();
      value |= BigInt(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
  };
  const signed = (): bigint => {
    const value = varint();
    return (value >> 1n) ^ -(value & 1n);
  };
  const take = (length: number): Buffer => {
    at += length;
    return Buffer.from(bytes.subarray(at - length, at));
  };
  const read = (wire: number, inList: boolean): ThriftValue => {
    if (wire === 1 || wire === 2) return { type: "bool", value: (inList ? byte() : wire) === 1 };
    if (wire === 3) return { type: "integer", wire, value: BigInt(byte()) };
    if (wire === 4 || wire === 5 || wire === 6) return { type: "integer", wire, value: signed() };
    if (wire === 7) return { type: "double", value: take(8) };
    if (wire === 8) return { type: "binary", value: take(Number(varint())) };
    if (wire === 9) {
      const head = byte();
      const length = head >> 4 === 15 ? Number(varint()) : head >> 4;
      const element = head & 15;
      return { type: "list", element, value: Array.from({ length }, () => read(element, true)) };
    }
    if (wire === 12) return { type: "struct", value: structHere() };
    throw new Error(`no such wire type here: ${wire}`);
  };
  const structHere = (): ThriftStruct => {
    const struct: ThriftStruct = new Map();
    let id = 0;
    for (let head = byte(); head !== 0; head = byte()) {
      id = head >> 4 === 0 ? Number(signed()) : id + (head >> 4);
      struct.set(id, read(head & 15, false));
    }
    return struct;
  };
  const struct = structHere();
  return { struct, length: at };
}

/** The value at a path of field ids and list indexes. */
export function valueAt(struct: ThriftStruct, ...path: readonly number[]): ThriftValue {
  let value: ThriftValue = { type: "struct", value: struct };
  for (const step of path) {
    const next: ThriftValue | undefined =
      value.type === "struct" ? value.value.get(step) : value.type === "list" ? value.value[step] : undefined;
    if (next === undefined) throw new Error(`nothing at ${path.join(".")}`);
    value = next;
  }
  return value;
}

export const integer = (value: number | bigint, wire: 5 | 6 = 6): ThriftValue => ({
  type: "integer",
  wire,
  value: BigInt(value),
});
export const binary = (text: string): ThriftValue => ({ type: "binary", value: Buffer.from(text) });
export const struct = (fields: Readonly<Record<number, ThriftValue>>): ThriftValue => ({
  type: "struct",
  value: new Map(Object.entries(fields).map(([id, value]) => [Number(id), value])),
});
