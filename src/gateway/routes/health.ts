import Type from "typebox";
import { type AnyRoute, route } from "../route.ts";
import { closed } from "../shapes.ts";
import { json } from "../success.ts";

/** What `/readyz` tells: every part by name, and how jobs are walled in. */
export interface Readiness {
  readonly ready: boolean;
  readonly store: boolean;
  readonly isolation: { readonly level: string; readonly weakAllowed: boolean };
  readonly policy: string;
}

const readinessView = closed(
  {
    ready: Type.Boolean(),
    store: Type.Boolean(),
    isolation: closed({ level: Type.String(), weakAllowed: Type.Boolean() }),
    policy: Type.String({ description: "Hash of the access policy in use." }),
  },
  { title: "Readiness" },
);

export function healthRoutes(deps: { readonly readiness: () => Promise<Readiness> }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/livez",
      permission: "public",
      summary: "The process answers.",
      answers: { 200: json(closed({ live: Type.Literal(true) })) },
      handle: async () => ({ live: true }) as const,
    }),
    route({
      method: "GET",
      url: "/readyz",
      permission: "public",
      summary: "The platform can take work; names what cannot.",
      answers: { 200: json(readinessView), 503: json(readinessView) },
      handle: async ({ reply }) => {
        const readiness = await deps.readiness();
        return reply.code(readiness.ready ? 200 : 503).send(readiness);
      },
    }),
  ];
}
