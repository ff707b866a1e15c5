import { type Actor, type Change, expectOne, type UnitOfWork } from "../audit/index.ts";
import type { Clock, Id, Ids, JsonValue } from "../kernel/index.ts";
import { beatGateway, type Store } from "../store/index.ts";
import { ClusterError } from "./errors.ts";
import { PeerWatch } from "./watch.ts";

/** This process among those that share the store. */
export interface Membership {
  /** Named in claims and in the paths of staged files; never used twice. */
  readonly id: Id<"gateway">;
  /**
   * Joined to a change, makes it miss once this gateway has been declared lost: what it staged may
   * have been swept by then, and a row must not name what is gone.
   */
  fence(): Change;
  /** Gateways that have neither stopped nor been declared lost, this one included. */
  alive(): Promise<ReadonlySet<string>>;
  /** Settles if the others declared this one lost: it holds nothing any more and should end. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

export interface MembershipDeps {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  /** Host and process, for people. */
  readonly name: string;
  /** What the start's event tells: release, isolation, policy. */
  readonly about: Readonly<Record<string, JsonValue>>;
  readonly beatMs: number;
  /** A gateway that gave no sign of life for this long, while another watched, is declared lost. */
  readonly leaseMs: number;
  /** A peer has ended or was declared lost, by whomever: what it left is to be swept. */
  readonly onPeerGone: () => void;
  readonly log: (message: string, error?: unknown) => void;
}

interface Peer {
  readonly id: string;
  readonly beats: string;
  readonly seen_at: Date;
}

const actor: Actor = { kind: "system", component: "cluster" };

/** Joins the gateways; where the store is this process's own, those before it are gone and declared lost at once. */
export async function joinGateways(deps: MembershipDeps): Promise<Membership> {
  const { store, work, clock } = deps;
  const { db } = store;
  const id = deps.ids.make("gateway");
  const watch = new PeerWatch(deps.leaseMs);

  const peers = () =>
    db.selectFrom("gateway").select(["id", "beats", "seen_at"]).where("ended_at", "is", null).where("id", "!=", id).execute();

  const declareLost = async (peer: Peer): Promise<boolean> => {
    const end = db
      .updateTable("gateway")
      .set({ ended_at: clock.now() })
      .where("id", "=", peer.id)
      .where("ended_at", "is", null)
      // It gave a sign meanwhile: not lost.
      .where("beats", "=", peer.beats)
      .returning("id");
    const data = { seenAt: peer.seen_at.toISOString() };
    const outcome = await work.change(
      { type: "gateway.lost", actor, object: peer.id, links: { by: id }, outcome: "done", data },
      [expectOne(end)],
    );
    if (outcome.kind === "done") deps.log(`gateway ${peer.id} was declared lost`);
    return outcome.kind === "done";
  };

  const now = clock.now();
  if (!store.shared) for (const peer of await peers()) await declareLost(peer);
  await work.change({ type: "gateway.started", actor, object: id, outcome: "done", data: { name: deps.name, ...deps.about } }, [
    expectOne(db.insertInto("gateway").values({ id, name: deps.name, started_at: now, seen_at: now }).returning("id")),
  ]);

  let reportLost: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    reportLost = resolve;
  });
  let known: ReadonlySet<string> = new Set();
  const tick = async (): Promise<void> => {
    if (!(await beatGateway(db, id, clock.now()))) {
      clearInterval(timer);
      reportLost();
      return;
    }
    const others = await peers();
    const silent = new Set(
      watch.look(
        others.map((peer) => ({ id: peer.id, sign: peer.beats })),
        performance.now(),
      ),
    );
    for (const peer of others) if (silent.has(peer.id)) await declareLost(peer);
    // Also where another gateway was first to say so: each has folders of the dead to look at.
    const gone = [...known].some((peer) => !others.some(({ id: other }) => other === peer));
    if (gone || silent.size > 0) deps.onPeerGone();
    known = new Set(others.map((peer) => peer.id));
  };
  let ticking: Promise<void> | undefined;
  const timer = setInterval(() => {
    ticking ??= tick()
      .catch((error: unknown) => {
        watch.forget();
        deps.log("the gateway's sign of life could not be written", error);
      })
      .finally(() => {
        ticking = undefined;
      });
  }, deps.beatMs);

  return {
    id,
    lost,
    fence: () => expectOne(db.selectFrom("gateway").select("id").where("id", "=", id).where("ended_at", "is", null).forShare()),
    alive: async () => {
      const rows = await db.selectFrom("gateway").select("id").where("ended_at", "is", null).execute();
      return new Set(rows.map((row) => row.id));
    },
    close: async () => {
      clearInterval(timer);
      await ticking;
      const end = db
        .updateTable("gateway")
        .set({ ended_at: clock.now() })
        .where("id", "=", id)
        .where("ended_at", "is", null)
        .returning("id");
      // A conflict means that the others were first to say so.
      await work.change({ type: "gateway.stopped", actor, object: id, outcome: "done" }, [expectOne(end)]);
    },
  };
}

/** What a gateway that was declared lost ends with. */
export function lostError(id: string): ClusterError {
  return new ClusterError(
    "CLUSTER_LOST",
    `The other gateways declared this one (${id}) lost: it gave no sign of life for too long. It holds nothing any more; start it again.`,
  );
}
