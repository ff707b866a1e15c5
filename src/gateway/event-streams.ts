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
      const stream = new PassThrough();
      stream.write(`retry: ${retryMs}\n\n`);
      let turn: Promise<void> = Promise.resolve();
      const lookAgain = (beat: string): void => {
        turn = turn
          .then(async () => {
            if (stream.writableEnded || stream.destroyed) return;
            const { events, over } = await look();
            if (stream.writableEnded || stream.destroyed) return;
            for (const event of events) stream.write(textOf(event));
            if (over) stream.end();
            else if (beat !== "") stream.write(beat);
          })
          // Whoever cannot be asked whether it may still listen does not.
          .catch(() => void stream.end());
      };
      streams.set(stream, () => {
        lookAgain("");
        return turn;
      });
      const stop = watch(() => lookAgain(""));
      const heart = setInterval(() => lookAgain(": \n\n"), bounds.heartbeatMs);
      stream.once("close", () => {
        clearInterval(heart);
        stop();
        streams.delete(stream);
        const left = (open.get(account) ?? 1) - 1;
        if (left > 0) open.set(account, left);
        else open.delete(account);
      });
      lookAgain("");
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
