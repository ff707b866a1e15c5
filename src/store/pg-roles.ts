import type { Client } from "pg";
import { StoreError } from "./errors.ts";

/**
 * The role that migrations grant to. On the embedded server it logs in itself; on a shared server it
 * is a group, and whoever `DATABASE_URL` names is a member of it (ADR 14).
 */
export const serviceRole = "hanguang_service";

/** Makes the role of the migrations' grants if it is not there; takes CREATEROLE only then. */
export async function ensureServiceRole(owner: Client): Promise<void> {
  const found = await owner.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [serviceRole]);
  if (found.rowCount !== 0) return;
  await owner.query(`CREATE ROLE ${serviceRole} NOLOGIN`).catch((cause: unknown) => {
    throw new StoreError(
      "STORE_ROLE_MISSING",
      `The server has no role ${serviceRole}, and the owner may not make it. Have its administrator run: CREATE ROLE ${serviceRole} NOLOGIN`,
      { cause },
    );
  });
}

interface Powers {
  readonly member: boolean;
  readonly excess: string | null;
}

/** What the service must not be able to do, as one text to tell; null where all is well. */
const powersOfService = `
  SELECT pg_has_role(current_user, $1, 'USAGE') AS member,
    concat_ws(', ',
      CASE WHEN r.rolsuper THEN 'is a superuser' END,
      CASE WHEN r.rolcreaterole THEN 'may make roles' END,
      CASE WHEN r.rolbypassrls THEN 'bypasses row security' END,
      CASE WHEN r.rolreplication THEN 'may replicate' END,
      CASE WHEN pg_has_role(current_user, c.relowner, 'MEMBER') THEN 'may act as the owner of the tables' END,
      CASE WHEN pg_has_role(current_user, d.datdba, 'MEMBER') THEN 'may act as the owner of the database' END,
      CASE WHEN has_schema_privilege(current_user, 'public', 'CREATE') THEN 'may make tables' END,
      CASE WHEN has_parameter_privilege(current_user, 'session_replication_role', 'SET') THEN 'may switch triggers off' END,
      (SELECT string_agg('is a member of ' || p.rolname, ', ') FROM pg_roles p
        WHERE p.rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files', 'pg_write_all_data')
          AND pg_has_role(current_user, p.oid, 'MEMBER')),
      (SELECT string_agg('may alter ' || t.name, ', ')
        FROM unnest(ARRAY['audit_event', 'audit_leaf', 'migration']) AS t (name)
        WHERE has_table_privilege(current_user, t.name, 'UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES')
          OR (t.name = 'migration' AND has_table_privilege(current_user, t.name, 'INSERT')))) AS excess
  FROM pg_roles r, pg_class c, pg_database d
  WHERE r.rolname = current_user AND c.oid = 'audit_event'::regclass AND d.datname = current_database()`;

/**
 * A gateway that was captured can do to the log what its role can do, so it does not start with a
 * role that can alter what is past. Throws `STORE_SERVICE_TOO_POWERFUL`, `STORE_SERVICE_NOT_MEMBER`.
 */
export async function checkServicePowers(service: Client): Promise<void> {
  const { rows } = await service.query<Powers>(powersOfService, [serviceRole]);
  const powers = rows[0];
  if (powers?.excess)
    throw new StoreError(
      "STORE_SERVICE_TOO_POWERFUL",
      `The role of DATABASE_URL ${powers.excess}. Give it LOGIN and membership of ${serviceRole}, nothing else; migrations run under DATABASE_OWNER_URL.`,
    );
  if (powers?.member !== true)
    throw new StoreError(
      "STORE_SERVICE_NOT_MEMBER",
      `The role of DATABASE_URL is no member of ${serviceRole}. Have the server's administrator run: GRANT ${serviceRole} TO that role`,
    );
}
