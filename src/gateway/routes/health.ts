import Type from "typebox";
import type { PolicyStatus } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed } from "../shapes.ts";
import { json } from "../success.ts";

/** What `/readyz` tells: every part by name, and how jobs are walled in. */
export interface Readiness {
  readonly ready: boolean;
  /** Checks that this gateway does not pass. */
  readonly failing: readonly string[];
  readonly store: boolean;
  readonly disk: "ok" | "low" | "critical";
  readonly clock: { readonly agrees: boolean; readonly aheadMs: number };
  readonly isolation: { readonly level: string; readonly weakAllowed: boolean };
  readonly policy: PolicyStatus;
}

const readinessView = closed(
  {
    ready: Type.Boolean(),
    failing: Type.Array(Type.String(), { description: "Names of the checks that this gateway does not pass." }),
    store: Type.Boolean(),
    disk: Type.Union([Type.Literal("ok"), Type.Literal("low"), Type.Literal("critical")], {
      description: "low: nothing is begun that takes space (507), all else goes on; critical: not ready either.",
    }),
    clock: closed(
      { agrees: Type.Boolean(), aheadMs: Type.Integer() },
      { description: "This gateway's clock against the store's; more than a second apart, it answers nothing else." },
    ),
    isolation: closed({ level: Type.String(), weakAllowed: Type.Boolean() }),
    policy: closed(
      {
        current: Type.Boolean({
          description: "Whether this gateway decides by the active policy; if not, it answers nothing else.",
        }),
        explained: Type.Boolean({ description: "Whether the log tells how the active policy became so; if not, likewise." }),
        active: Type.String(),
        loaded: Type.String(),
        shipped: Type.String({ description: "Of this release; another one than the active is worth proposing." }),
      },
      { description: "Hashes of access policies." },
    ),
  },
  { title: "Readiness" },
);

export function healthRoutes(deps: { readonly readiness: () => Promise<Readiness> }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/livez",
      permission: "public",
      evenUnfit: true,
      summary: "The process answers.",
      answers: { 200: json(closed({ live: Type.Literal(true) })) },
      handle: async () => ({ live: true }) as const,
    }),
    route({
      method: "GET",
      url: "/readyz",
      permission: "public",
      evenUnfit: true,
      summary: "The platform can take work; names what cannot.",
      answers: { 200: json(readinessView), 503: json(readinessView) },
      handle: async ({ reply }) => {
        const readiness = await deps.readiness();
        return reply.code(readiness.ready ? 200 : 503).send(readiness);
      },
    }),
  ];
}
