import Type from "typebox";
import { closed, idText, instant } from "../shapes.ts";
import { contentFields } from "./job-view.ts";

const verdict = Type.Enum(["pass", "review", "block"]);
const checkFields = {
  id: Type.String(),
  title: Type.String(),
  article: Type.String(),
  verdict,
  mitigation: Type.String({ description: "What would make it pass." }),
};

export const exportState = Type.Enum(["in-review", "blocked", "rejected", "approved", "released", "revoked"]);

const exportFields = {
  id: idText,
  result: idText,
  job: idText,
  agreement: idText,
  purpose: Type.String(),
  productName: Type.String(),
  state: exportState,
  verdict,
  checks: Type.Array(closed(checkFields)),
  reviewersNeeded: Type.Integer(),
  votesIn: Type.Optional(Type.Integer({ description: "Absent until all votes are in: reviewers vote blind." })),
  votes: Type.Array(closed({ reviewer: idText, decision: Type.Enum(["approve", "reject"]), reason: Type.String(), at: instant })),
  createdAt: instant,
};

export const exportView = closed(exportFields, { title: "Export" });

const exportSummary = closed(
  {
    id: idText,
    agreement: idText,
    job: idText,
    productName: Type.String(),
    purpose: Type.String(),
    state: exportState,
    verdict,
    createdAt: instant,
    yourVote: Type.Union([Type.Enum(["approve", "reject"]), Type.Null()]),
  },
  { title: "ExportSummary" },
);

export const exportPage = closed({ items: Type.Array(exportSummary), next: Type.Optional(idText) }, { title: "ExportPage" });

const figure = Type.Union([Type.Number(), Type.Null()]);

const cellEvidence = closed(
  {
    release: Type.String(),
    atom: Type.String(),
    keys: Type.Array(Type.Unknown()),
    owners: Type.Array(closed({ owners: Type.Number(), total: figure, top1: figure, top2: figure })),
    verdict: Type.Enum([
      "pass",
      "owners",
      "non-finite",
      "dominance",
      "p-percent",
      "full",
      "complement",
      "position",
      "neighbours",
    ]),
    point: Type.Optional(
      closed({
        at: Type.Number(),
        apart: figure,
        below: Type.Number(),
        above: Type.Number(),
        near: Type.Array(closed({ low: Type.Number(), high: Type.Number() })),
      }),
    ),
  },
  { title: "CellEvidence" },
);

export const reviewView = closed(
  {
    ...exportFields,
    content: closed(contentFields),
    contentHash: Type.String(),
    reports: Type.Array(closed({ ...checkFields, evidence: Type.Unknown() })),
    cells: Type.Array(cellEvidence),
  },
  { title: "Review", description: "Everything a reviewer decides on." },
);

export const grantView = closed(
  { id: idText, token: Type.String({ description: "Shown once; only its hash is kept." }), expiresAt: instant },
  { title: "DownloadGrant" },
);
