import { CodedError } from "../kernel/index.ts";
import { migrateExternal } from "../store/index.ts";

/** `npm run migrate`: brings the shared server of `DATABASE_OWNER_URL` up to date, so that no gateway needs the owner's rights. */
const url = process.env["DATABASE_OWNER_URL"];
try {
  if (!url) {
    console.error(
      "Set DATABASE_OWNER_URL to the owner's address of the shared PostgreSQL server (docs/how-to/several-gateways.md).",
    );
    process.exitCode = 2;
  } else {
    const applied = await migrateExternal(url);
    console.log(applied.length === 0 ? "The database is up to date." : `Applied ${applied.join(", ")}.`);
  }
} catch (error) {
  const told = error instanceof CodedError ? `${error.message} [${error.code}]` : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `\nBecause: ${error.cause.message}` : "";
  console.error(`${told}${cause}`);
  process.exitCode = 1;
}
