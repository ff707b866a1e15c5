import type { Environment } from "../kernel/index.ts";
import type { ServerUrls } from "../store/index.ts";
import { UsageError } from "./options.ts";

/**
 * The shared server, if one is named. The urls hold passwords, so they are no settings: they come
 * from the environment only, and no page or log shows them.
 */
export function readDatabaseUrls(environment: Environment): ServerUrls | undefined {
  // Empty is what many a service manager makes of "unset".
  const [service, owner] = [environment["DATABASE_URL"] || undefined, environment["DATABASE_OWNER_URL"] || undefined];
  if (service !== undefined) return { service, owner };
  // Started with the owner's url alone it would silently begin an embedded store of its own.
  if (owner !== undefined)
    throw new UsageError("DATABASE_OWNER_URL is set and DATABASE_URL is not: the gateway needs the latter.");
  return undefined;
}
