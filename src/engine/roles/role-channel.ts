import { createFrameReader, type Frame, frameHeader } from "../frame.ts";

/** A worker's end of the wire: standard input and output, nothing else. */
export interface RoleChannel {
  /** The next frame; never settles once the trusted side is gone, for then the process ends. */
  receive(): Promise<Frame>;
  receiveJson(): Promise<unknown>;
  send(message: unknown): void;
  /** Sends JSON text that is already written. */
  sendText(json: string): void;
}

const queueBytes = 4 * 1024 * 1024;

/**
 * Opens the wire. The process ends when its input ends (the gateway is gone: nothing may live on
 * without it) or when a frame breaks the rules.
 */
export function openRoleChannel(maxFrameBytes: number): RoleChannel {
  const reader = createFrameReader(maxFrameBytes);
  const queue: Frame[] = [];
  let held = 0;
  let waiting: ((frame: Frame) => void) | undefined;

  process.stdin.on("data", (chunk: Uint8Array) => {
    const frames = reader.push(chunk);
    if (frames === undefined) process.exit(3);
    for (const frame of frames) {
      if (waiting === undefined) {
        queue.push(frame);
        held += frame.payload.length;
      } else {
        const settle = waiting;
        waiting = undefined;
        settle(frame);
      }
    }
    if (held > queueBytes) process.stdin.pause();
  });
  process.stdin.on("end", () => process.exit(0));
  process.stdin.on("error", () => process.exit(0));
  process.stdout.on("error", () => process.exit(0));

  const receive = (): Promise<Frame> => {
    const next = queue.shift();
    if (next === undefined) return new Promise((resolve) => (waiting = resolve));
    held -= next.payload.length;
    if (held <= queueBytes) process.stdin.resume();
    return Promise.resolve(next);
  };
  const sendText = (json: string): void => {
    const payload = Buffer.from(json);
    process.stdout.write(frameHeader("json", payload.length));
    process.stdout.write(payload);
  };
  return {
    receive,
    receiveJson: async () => JSON.parse(Buffer.from((await receive()).payload).toString()),
    send: (message) => sendText(JSON.stringify(message)),
    sendText,
  };
}
