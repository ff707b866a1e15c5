import Type from "typebox";
import { releaseModes } from "../../policy/index.ts";
import { closed, idText, instant } from "../shapes.ts";
import { columnControls, columnRole, subjectView } from "./resource-view.ts";

const tableView = closed(
  {
    name: Type.String(),
    grade: Type.Enum(["public", "protected"]),
    subjects: Type.Array(subjectView),
    columns: Type.Array(
      closed({ name: Type.String(), type: Type.String(), role: columnRole, ...columnControls }, { title: "SchemaColumn" }),
    ),
    keys: Type.Optional(
      Type.Array(Type.Array(Type.String()), {
        description: "Sets of columns never equal in two rows of a public table: joined by one of them, it multiplies no row.",
      }),
    ),
  },
  { title: "SchemaTable", description: "A table as statements see it." },
);

export const releaseMode = Type.Enum([...releaseModes], {
  description: "`exact`: true figures of safe cells. `cell-key`: perturbed ones.",
});

export const releaseRulesView = closed(
  {
    mode: releaseMode,
    minOwners: Type.Integer(),
    dominanceTop: Type.Integer(),
    dominanceShare: Type.Number(),
    pPercent: Type.Number(),
  },
  { title: "ReleaseRules" },
);

export const agreementView = closed(
  {
    id: idText,
    scenario: Type.String(),
    purpose: Type.String(),
    operator: idText,
    agency: idText,
    state: Type.Enum(["draft", "approved", "in-force", "ended"]),
    startsAt: instant,
    endsAt: instant,
    version: closed({ id: idText, number: Type.Integer(), digest: Type.String() }),
    inForce: Type.Boolean({ description: "Whether jobs may run under it at this instant." }),
    schema: closed({ tables: Type.Array(tableView) }),
    releaseRules: releaseRulesView,
  },
  { title: "Agreement" },
);
