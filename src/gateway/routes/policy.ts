import Type from "typebox";
import type { PolicyProposals, PolicyStatus } from "../../identity/index.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, items, longText } from "../shapes.ts";
import { json } from "../success.ts";

const maybeText = Type.Union([Type.String(), Type.Null()]);
const summary = {
  id: Type.String(),
  state: Type.Enum(["proposed", "confirmed", "rejected", "withdrawn"]),
  hash: Type.String({ description: "What a confirmation names." }),
  replaces: maybeText,
  reason: Type.String(),
  proposedBy: Type.Union([Type.String(), Type.Null()], { description: "Null: shipped with the release of the first start." }),
  proposedAt: Type.String(),
  decidedBy: maybeText,
  decidedAt: maybeText,
  decisionReason: maybeText,
};
const whole = {
  ...summary,
  policy: Type.String({ description: "Lines as in `config/access/policy.csv`." }),
  adds: Type.Array(Type.String(), { description: "Lines that it adds to the one it replaces." }),
  removes: Type.Array(Type.String()),
};
const summaryView = closed(summary, { title: "PolicyProposalSummary" });
const proposalView = closed(whole, { title: "PolicyProposal" });
const activeView = closed(
  { ...whole, since: Type.String(), loaded: Type.String(), shipped: Type.String() },
  { title: "ActivePolicy" },
);

const policyText = Type.String({ minLength: 1, maxLength: 200_000 });
const hashText = Type.String({ pattern: "^[0-9a-f]{64}$" });

/** The access policy and its change by two persons (三员分立): the security administration proposes, the audit administration confirms. */
export function policyRoutes(deps: {
  readonly policies: PolicyProposals;
  readonly policyStatus: () => PolicyStatus;
}): readonly AnyRoute[] {
  const { policies } = deps;
  return [
    route({
      method: "GET",
      url: "/v1/policy",
      permission: { action: "read", kind: "policy" },
      summary: "The active access policy, and the hashes of what is loaded at this gateway and shipped with its release.",
      answers: { 200: json(activeView) },
      handle: async () => {
        const { loaded, shipped } = deps.policyStatus();
        return { ...(await policies.active()), loaded, shipped };
      },
    }),
    route({
      method: "GET",
      url: "/v1/policy/proposals",
      permission: { action: "read", kind: "policy" },
      summary: "The newest hundred policies and proposals, newest first.",
      answers: { 200: json(items(summaryView)) },
      handle: async () => ({ items: [...(await policies.list())] }),
    }),
    route({
      method: "GET",
      url: "/v1/policy/proposals/:id",
      permission: { action: "read", kind: "policy" },
      summary: "One of them with its text, and which lines it adds and removes.",
      params: idParams,
      answers: { 200: json(proposalView) },
      refuses: ["POLICY_PROPOSAL_NOT_FOUND"],
      handle: ({ params }) => policies.find(params.id),
    }),
    route({
      method: "POST",
      url: "/v1/policy/proposals",
      permission: { action: "propose", kind: "policy" },
      recent: true,
      summary: "Proposes a policy: a text, or the lines shipped with this gateway's release.",
      body: Type.Union([
        closed({ policy: policyText, reason: longText }),
        closed({ release: Type.Literal("shipped"), reason: longText }),
      ]),
      answers: { 201: json(proposalView) },
      refuses: ["POLICY_INVALID", "POLICY_UNCHANGED", "POLICY_REASON_INVALID", "POLICY_PROPOSAL_OPEN"],
      handle: ({ caller, body }) =>
        policies.propose(caller, { policy: "policy" in body ? body.policy : undefined, reason: body.reason }),
    }),
    route({
      method: "POST",
      url: "/v1/policy/proposals/:id/confirm",
      permission: { action: "confirm", kind: "policy" },
      recent: true,
      summary: "Makes a proposal the active policy of every gateway, within a second; by another person than its proposer.",
      params: idParams,
      body: closed({ hash: hashText }),
      answers: { 200: json(proposalView) },
      refuses: [
        "POLICY_INVALID",
        "POLICY_PROPOSAL_NOT_FOUND",
        "POLICY_PROPOSAL_OWN",
        "POLICY_PROPOSAL_CHANGED",
        "POLICY_PROPOSAL_DECIDED",
      ],
      handle: ({ caller, params, body }) => policies.confirm(caller, { id: params.id, hash: body.hash }),
    }),
    route({
      method: "POST",
      url: "/v1/policy/proposals/:id/reject",
      permission: { action: "confirm", kind: "policy" },
      summary: "Ends a proposal without effect, with a reason.",
      params: idParams,
      body: closed({ reason: longText }),
      answers: { 200: json(proposalView) },
      refuses: ["POLICY_REASON_INVALID", "POLICY_PROPOSAL_NOT_FOUND", "POLICY_PROPOSAL_DECIDED"],
      handle: ({ caller, params, body }) => policies.reject(caller, { id: params.id, reason: body.reason }),
    }),
    route({
      method: "POST",
      url: "/v1/policy/proposals/:id/withdraw",
      permission: { action: "propose", kind: "policy" },
      summary: "Takes an open proposal back.",
      params: idParams,
      answers: { 200: json(proposalView) },
      refuses: ["POLICY_PROPOSAL_NOT_FOUND", "POLICY_PROPOSAL_DECIDED"],
      handle: ({ caller, params }) => policies.withdraw(caller, params.id),
    }),
  ];
}
