import { expectValue } from "../support/value.ts";
import type { GateFixture } from "./gate-fixture.ts";

/** Events of an object, newest first: what happened and with which answer. */
export async function eventsOf({ log }: Pick<GateFixture, "log">, object: string) {
  const page = await log.readEvents({ kind: "system", component: "test" }, { object });
  return expectValue(page).items.map(({ event }) => event);
}

/** `type:outcome` and, of a refusal, its code. */
export async function storyOf(fixture: Pick<GateFixture, "log">, object: string): Promise<readonly string[]> {
  const events = await eventsOf(fixture, object);
  return events.map(({ type, outcome, code }) => `${type}:${outcome}${code === undefined ? "" : `:${code}`}`);
}
