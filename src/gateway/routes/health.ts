import { type AnyRoute, route } from "../route.ts";

/** What `/readyz` tells: every part by name, and how jobs are walled in. */
export interface Readiness {
  readonly ready: boolean;
  readonly store: boolean;
  readonly isolation: { readonly level: string; readonly weakAllowed: boolean };
  readonly policy: string;
}

export function healthRoutes(deps: { readonly readiness: () => Promise<Readiness> }): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/livez",
      permission: "public",
      summary: "The process answers.",
      handle: async () => ({ live: true }),
    }),
    route({
      method: "GET",
      url: "/readyz",
      permission: "public",
      summary: "The platform can take work; names what cannot.",
      handle: async ({ reply }) => {
        const readiness = await deps.readiness();
        return reply.code(readiness.ready ? 200 : 503).send(readiness);
      },
    }),
  ];
}
