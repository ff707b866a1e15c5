/**
 * The wire between the trusted side and its workers: one byte of kind, four bytes of length (big
 * endian), the payload. Both ends bound the length, so that a captured worker cannot make the
 * gateway hold more than it agreed to.
 */
export type FrameKind = "json" | "data" | "end";

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

const headerBytes = 5;
const byteOf: Readonly<Record<FrameKind, number>> = { json: 0x4a, data: 0x44, end: 0x45 };
const kindOf = new Map<number, FrameKind>([
  [byteOf.json, "json"],
  [byteOf.data, "data"],
  [byteOf.end, "end"],
]);

export function frameHeader(kind: FrameKind, length: number): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(byteOf[kind], 0);
  header.writeUInt32BE(length, 1);
  return header;
}

/** Cuts a byte stream into frames; `push` answers undefined once the stream breaks the rules. */
export function createFrameReader(maxBytes: number): { push(chunk: Uint8Array): readonly Frame[] | undefined } {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let wanted = headerBytes;
  let kind: FrameKind | undefined;
  return {
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      const frames: Frame[] = [];
      while (held >= wanted) {
        const whole =
          chunks.length === 1 && chunks[0] !== undefined
            ? Buffer.from(chunks[0].buffer, chunks[0].byteOffset, chunks[0].length)
            : Buffer.concat(chunks);
        const part = whole.subarray(0, wanted);
        chunks = held > wanted ? [whole.subarray(wanted)] : [];
        held -= wanted;
        if (kind === undefined) {
          kind = kindOf.get(part.readUInt8(0));
          wanted = part.readUInt32BE(1);
          if (kind === undefined || wanted > maxBytes) return undefined;
        } else {
          frames.push({ kind, payload: part });
          kind = undefined;
          wanted = headerBytes;
        }
      }
      return frames;
    },
  };
}
