import { PassThrough, type Readable } from "node:stream";

/** One server-sent event (WHATWG HTML §9.2); `id` comes back in `Last-Event-ID` when the client connects again. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** What a stream says when it looks: events, and whether it is over. */
export interface StreamLook {
  readonly events: readonly StreamEvent[];
  readonly over: boolean;
}

export interface EventStreams {
  /** A stream that looks at once, at every change and at every heartbeat; undefined where the account has too many. */
  open(request: {
    readonly account: string;
    readonly look: () => Promise<StreamLook>;
    /** Begins to tell of changes; the answer ends it. */
    readonly watch: (changed: () => void) => () => void;
  }): Readable | undefined;
  /** Tells each listener what it has not heard yet, and ends all: a gateway that closes waits for no listener. */
  close(): Promise<void>;
}

/** Milliseconds after which a client connects again. */
const retryMs = 2000;
/** Bytes that wait for a reader; one that leaves more unread until the next heartbeat is let go. */
const unreadBytes = 1024;

function textOf({ id, event, data }: StreamEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function createEventStreams(bounds: { readonly perAccount: number; readonly heartbeatMs: number }): EventStreams {
  const open = new Map<string, number>();
  /** With each, how it looks once more. */
  const streams = new Map<PassThrough, () => Promise<void>>();

  return {
    open: ({ account, look, watch }) => {
      const held = open.get(account) ?? 0;
      if (held >= bounds.perAccount) return undefined;
      open.set(account, held + 1);
      const stream = new PassThrough({ highWaterMark: unreadBytes });
      stream.write(`retry: ${retryMs}\n\n`);
      const isOver = (): boolean => stream.writableEnded || stream.destroyed;
      let asked = false;
      let beat = "";
      let looking: Promise<void> | undefined;
      const lookWhileAsked = async (): Promise<void> => {
        try {
          while (asked && !isOver()) {
            asked = false;
            const { events, over } = await look();
            if (isOver()) return;
            for (const event of events) stream.write(textOf(event));
            if (over) stream.end();
            else stream.write(beat);
            beat = "";
          }
        } catch {
          // Whoever cannot be asked whether it may still listen does not.
          stream.end();
        } finally {
          looking = undefined;
        }
      };
      /** One look at a time, and once more for whatever came meanwhile: a flood of hints leaves no queue. */
      const lookAgain = (): Promise<void> => {
        asked = true;
        looking ??= lookWhileAsked();
        return looking;
      };
      streams.set(stream, lookAgain);
      const stop = watch(() => void lookAgain());
      const heart = setInterval(() => {
        // A reader that takes nothing would be held, and its stream with it, for as long as it keeps the connection.
        if (stream.writableEnded || stream.writableNeedDrain) stream.destroy();
        beat = ": \n\n";
        void lookAgain();
      }, bounds.heartbeatMs);
      stream.once("close", () => {
        clearInterval(heart);
        stop();
        streams.delete(stream);
        const left = (open.get(account) ?? 1) - 1;
        if (left > 0) open.set(account, left);
        else open.delete(account);
      });
      void lookAgain();
      return stream;
    },
    close: async () => {
      const ending = Array.from(streams, async ([stream, lookOnce]) => {
        await lookOnce();
        if (!stream.writableEnded) stream.end(": this gateway stops; connect again\n\n");
      });
      await Promise.all(ending);
    },
  };
}
