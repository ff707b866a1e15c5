import { auditEvents } from "../../src/audit/index.ts";
import { catalogEvents } from "../../src/catalog/index.ts";
import { clusterEvents } from "../../src/cluster/index.ts";
import { exportEvents } from "../../src/export-gate/index.ts";
import { gatewayEvents } from "../../src/gateway/index.ts";
import { governanceEvents } from "../../src/governance/index.ts";
import { identityEvents } from "../../src/identity/index.ts";
import { sandboxEvents } from "../../src/sandbox/index.ts";

/** Event types by the feature that owns them. */
export const eventsByFeature: Readonly<Record<string, readonly string[]>> = {
  audit: auditEvents,
  catalog: catalogEvents,
  cluster: clusterEvents,
  "export-gate": exportEvents,
  gateway: gatewayEvents,
  governance: governanceEvents,
  identity: identityEvents,
  sandbox: sandboxEvents,
};

/** `docs/reference/events.md`. */
export function eventsPage(): string {
  return [
    "# Events",
    "",
    "Made from each feature's `events.ts` by `npm run docs`; a test compares it. A change of state and its event are one transaction; a",
    "refused attempt carries the type of what was attempted, `outcome: refused` and a `code`. Protected values, statements and secrets",
    "never enter: ids, hashes and codes do.",
    "",
    "| type | feature |",
    "|---|---|",
    ...Object.entries(eventsByFeature).flatMap(([feature, types]) => types.map((type) => `| \`${type}\` | ${feature} |`)),
    "",
  ].join("\n");
}
