import type { DiskSpace } from "../cluster/index.ts";

/** A body that is told from one for which there is no room. */
export interface RoomyBody extends AsyncIterable<Uint8Array> {
  /** Whether it was given up, because the disk ran short. */
  isOut(): boolean;
}

/** Free space is looked at anew every so many bytes, beside the platform's own timer. */
const lookEveryBytes = 32 * 1024 * 1024;

class NoRoom extends Error {}

/** Reads what is still sent and keeps nothing: a sender must not be cut off before it hears why. */
async function discard(source: AsyncIterator<Uint8Array>): Promise<void> {
  while ((await source.next()).done !== true);
}

/** Ends a body (by throwing) as soon as the disk is short; what was kept of it until then stays whole. */
export function roomyBody(body: AsyncIterable<Uint8Array>, space: Pick<DiskSpace, "level" | "look">): RoomyBody {
  let out = false;
  return {
    isOut: () => out,
    async *[Symbol.asyncIterator]() {
      const source = body[Symbol.asyncIterator]();
      for (let since = 0; ; ) {
        const next = await source.next();
        if (next.done === true) return;
        since += next.value.length;
        const level = since < lookEveryBytes ? space.level() : await space.look();
        if (since >= lookEveryBytes) since = 0;
        if (level !== "ok") {
          out = true;
          discard(source).catch(() => undefined);
          throw new NoRoom("the disk is short");
        }
        yield next.value;
      }
    },
  };
}
