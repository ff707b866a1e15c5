import type { Json } from "./api-client.ts";
import type { Story } from "./story.ts";

interface Node {
  readonly id: string;
  readonly distance: number;
  readonly origin?: { readonly index: string; readonly type: string; readonly at: string };
}

/** A trace as an indented list, oldest ancestor first, each with the event that made it and its place in the log. */
export function tellTrace(story: Story, trace: Json): void {
  const nodes = trace["nodes"] as readonly Node[];
  const farthest = Math.min(...nodes.map(({ distance }) => distance));
  for (const { id, distance, origin } of nodes) {
    const made = origin === undefined ? "" : `${origin.type} at ${origin.at}, log index ${origin.index}`;
    story.line(`${"  ".repeat(distance - farthest)}${distance === 0 ? "▶ " : ""}${id}  ${made}`);
  }
}
