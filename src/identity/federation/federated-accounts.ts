import { sql } from "kysely";
import { type Actor, type Change, expectOne, expectRows } from "../../audit/index.ts";
import type { OrganisationKind } from "../../store/index.ts";
import type { IdentityContext } from "../context.ts";
import { endSessions } from "../end-sessions.ts";
import { IdentityError } from "../errors.ts";
import type { IdentityRefusalCode } from "../refusals.ts";
import type { Issuer } from "./issuers.ts";
import type { Proof } from "./jose-issuer-tokens.ts";
import { mappedGroups, type NoPlace, type Place, placeOf } from "./mapping.ts";

/** The account of somebody an issuer vouches for, as it is after the newest token. */
export interface FederatedAccount {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly organisation: string;
  readonly organisationKind: OrganisationKind;
  readonly roles: readonly string[];
}

export interface NotAdmitted {
  readonly refused: IdentityRefusalCode;
  readonly because: string;
  readonly account: string | undefined;
}

export interface FederatedAccounts {
  /** The account of the proof's subject, made at its first token; organisation and roles follow the newest token. */
  admit(issuer: Issuer, proof: Proof): Promise<FederatedAccount | NotAdmitted>;
  /** Brings every account in step with the settings: who has no place in them any more loses roles and sessions. */
  applySettings(issuers: readonly Issuer[]): Promise<void>;
}

/** Tokens of one person that arrive at one moment are put in order; this many tries in a row mean that something is broken. */
const maxAttempts = 10;
const actor: Actor = { kind: "system", component: "identity" };

const sameMembers = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((member) => other.includes(member));

export function createFederatedAccounts({ store, work, ids, clock }: IdentityContext): FederatedAccounts {
  const { db } = store;

  const rows = () =>
    db
      .selectFrom("account_subject")
      .innerJoin("account", "account.id", "account_subject.account_id")
      .innerJoin("organisation", "organisation.id", "account.organisation_id")
      .select(["account.id", "account.login", "account.name", "account.state", "account.role_revision"])
      .select(["account.organisation_id", "organisation.kind"])
      .select(["account_subject.issuer", "account_subject.groups", "account_subject.token_issued_at"])
      .select((eb) =>
        eb
          .selectFrom("account_role")
          .whereRef("account_role.account_id", "=", "account.id")
          .select(sql<string[]>`coalesce(array_agg(role ORDER BY role), '{}')`.as("roles"))
          .as("roles"),
      );
  type Row = Awaited<ReturnType<ReturnType<typeof rows>["execute"]>>[number];

  const kindOf = async (organisation: string): Promise<OrganisationKind | undefined> => {
    const row = await db.selectFrom("organisation").select("kind").where("id", "=", organisation).executeTakeFirst();
    return row?.kind;
  };
  const place = (issuer: Issuer, groups: readonly string[], row: Row | undefined): Promise<Place | NoPlace> =>
    placeOf(issuer, groups, async (organisation) => (organisation === row?.organisation_id ? row.kind : kindOf(organisation)));

  /** Makes the account; false if another token of the same person was first. */
  const create = async (
    issuer: Issuer,
    proof: Proof,
    groups: readonly string[],
    { organisation, roles }: Place,
  ): Promise<boolean> => {
    const id = ids.make("user");
    const account = db
      .insertInto("account")
      .values({
        id,
        // Nobody can type it at a login: it does not have the form of one.
        login: `oidc:${id}`,
        name: proof.name ?? proof.subject,
        organisation_id: organisation,
        password_hash: null,
        origin: "issuer",
        state: "active",
        created_at: clock.now(),
      })
      .returning("id");
    const subject = db
      .insertInto("account_subject")
      .values({
        issuer: issuer.issuer,
        subject: proof.subject,
        account_id: id,
        groups: JSON.stringify(groups),
        token_issued_at: proof.issuedAt,
      })
      .returning("account_id");
    const given = db
      .insertInto("account_role")
      .values(roles.map((role) => ({ account_id: id, role })))
      .returning("role");
    const outcome = await work.change(
      {
        type: "account.federated",
        actor,
        object: id,
        links: { organisation },
        outcome: "done",
        data: { issuer: issuer.issuer, groups: [...groups], roles: [...roles] },
      },
      [expectOne(account), expectOne(subject), expectRows(given, roles.length, roles.length)],
    );
    return outcome.kind === "done";
  };

  /** Brings the account to its place; false if something else changed it since `row` was read. */
  const renew = async (
    row: Row,
    to: Place,
    token: { readonly groups: readonly string[]; readonly issuedAt: Date; readonly name: string },
  ) => {
    const before = row.roles ?? [];
    const removed = before.filter((role) => !to.roles.includes(role));
    const added = to.roles.filter((role) => !before.includes(role));
    const subject = db
      .updateTable("account_subject")
      .set({ groups: JSON.stringify(token.groups), token_issued_at: token.issuedAt })
      .where("account_id", "=", row.id)
      .where("token_issued_at", "=", row.token_issued_at)
      .returning("account_id");
    const account = db
      .updateTable("account")
      .set((eb) => ({ organisation_id: to.organisation, name: token.name, role_revision: eb("role_revision", "+", 1) }))
      .where("id", "=", row.id)
      .where("role_revision", "=", row.role_revision)
      .where("state", "=", "active")
      .returning("id");
    const changes: [Change, ...Change[]] = [expectOne(subject), expectOne(account)];
    if (removed.length > 0) {
      const remove = db
        .deleteFrom("account_role")
        .where("account_id", "=", row.id)
        .where("role", "in", removed)
        .returning("role");
      changes.push(expectRows(remove, removed.length, removed.length));
    }
    if (added.length > 0) {
      const add = db
        .insertInto("account_role")
        .values(added.map((role) => ({ account_id: row.id, role })))
        .returning("role");
      changes.push(expectRows(add, added.length, added.length));
    }
    if (to.roles.length === 0) changes.push(endSessions({ store, clock }, row.id));
    const outcome = await work.change(
      {
        type: "account.federation-renewed",
        actor,
        object: row.id,
        links: { organisation: to.organisation },
        outcome: "done",
        data: { issuer: row.issuer, groups: [...token.groups], roles: [...to.roles], removed, added },
      },
      changes,
    );
    return outcome.kind === "done";
  };

  /**
   * The groups that count: the newest token's. An older token does not bring back what a newer one
   * took away, and of two of one second only what both say counts.
   */
  const countedGroups = (row: Row, proof: Proof, groups: readonly string[]): readonly string[] => {
    if (proof.issuedAt > row.token_issued_at) return groups;
    return proof.issuedAt < row.token_issued_at ? row.groups : row.groups.filter((group) => groups.includes(group));
  };

  const isInStep = (row: Row, { organisation, roles }: Place): boolean =>
    row.organisation_id === organisation && sameMembers(row.roles ?? [], roles);

  const admitOnce = async (issuer: Issuer, proof: Proof): Promise<FederatedAccount | NotAdmitted | undefined> => {
    const groups = mappedGroups(issuer, proof.groups);
    const row = await rows()
      .where("account_subject.issuer", "=", issuer.issuer)
      .where("account_subject.subject", "=", proof.subject)
      .executeTakeFirst();
    if (row === undefined) {
      const wanted = await place(issuer, groups, undefined);
      if ("because" in wanted) return { refused: "IDENTITY_NOT_MAPPED", because: wanted.because, account: undefined };
      await create(issuer, proof, groups, wanted);
      // Read again, whoever made it.
      return undefined;
    }
    if (row.state !== "active") return { refused: "IDENTITY_TOKEN_INVALID", because: "account disabled", account: row.id };
    const counted = countedGroups(row, proof, groups);
    const found = await place(issuer, counted, row);
    const wanted = "because" in found ? { organisation: row.organisation_id, roles: [] } : found;
    const isNewer = proof.issuedAt > row.token_issued_at;
    if (isNewer || !sameMembers(counted, row.groups) || !isInStep(row, wanted)) {
      const issuedAt = isNewer ? proof.issuedAt : row.token_issued_at;
      const name = isNewer ? (proof.name ?? row.name) : row.name;
      await renew(row, wanted, { groups: counted, issuedAt, name });
      return undefined;
    }
    if ("because" in found) return { refused: "IDENTITY_NOT_MAPPED", because: found.because, account: row.id };
    return {
      id: row.id,
      login: row.login,
      name: row.name,
      organisation: row.organisation_id,
      organisationKind: row.kind,
      roles: row.roles ?? [],
    };
  };

  return {
    admit: async (issuer, proof) => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const admitted = await admitOnce(issuer, proof);
        if (admitted !== undefined) return admitted;
      }
      throw new IdentityError(
        "IDENTITY_CONTENTION",
        `An account of an issuer changed ${maxAttempts} times while its token was read.`,
      );
    },
    applySettings: async (issuers) => {
      for (const row of await rows().where("account.state", "=", "active").execute()) {
        const issuer = issuers.find((candidate) => candidate.issuer === row.issuer);
        const { groups } = row;
        const found = issuer === undefined ? { because: "the issuer is not configured" } : await place(issuer, groups, row);
        const wanted = "because" in found ? { organisation: row.organisation_id, roles: [] } : found;
        // Missed only where a token or another start was first, which look at the same settings.
        if (!isInStep(row, wanted)) await renew(row, wanted, { groups, issuedAt: row.token_issued_at, name: row.name });
      }
    },
  };
}
