import { migrateExternal } from "../store/index.ts";
import { explainFailure } from "./explain-failure.ts";
import { UsageError } from "./options.ts";

const usage = `Usage: DATABASE_OWNER_URL=postgresql://… npm run migrate

Brings the shared PostgreSQL server up to date, once for all gateways, so that none of them needs the owner's rights
(docs/how-to/several-gateways.md).
`;

try {
  const url = process.env["DATABASE_OWNER_URL"];
  if (!url) throw new UsageError("DATABASE_OWNER_URL is not set.");
  const applied = await migrateExternal(url);
  console.log(applied.length === 0 ? "The database is up to date." : `Applied ${applied.join(", ")}.`);
} catch (error) {
  process.exitCode = explainFailure(error, usage);
}
