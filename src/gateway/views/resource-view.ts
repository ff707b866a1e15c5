import Type from "typebox";
import { dateSteps, operatorClasses } from "../../policy/index.ts";
import { closed, idText, instant } from "../shapes.ts";

export const familyView = closed({ id: idText, title: Type.String() }, { title: "Family" });

export const columnRole = Type.Enum(["identifier", "quasi-identifier", "measure", "attribute", "free-text"]);

/** What conditions may ask of a column (design §5). */
export const columnControls = {
  conditions: Type.Optional(
    Type.Array(Type.Enum([...operatorClasses]), {
      maxItems: operatorClasses.length,
      description: "What conditions may do with it; what its role allows where absent, nothing but IS NULL where empty.",
    }),
  ),
  grid: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: "Bounds and buckets of a number are multiples of it." })),
  step: Type.Optional(
    Type.Enum([...dateSteps], { description: "Bounds of a date asked in ranges alone are first days of such a step." }),
  ),
  prefixLength: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: "Most characters of a text asked by its beginning alone." }),
  ),
};

const columnView = closed(
  {
    name: Type.String(),
    type: Type.String({ description: "DuckDB type text, such as `VARCHAR` or `DECIMAL(18,2)`." }),
    role: columnRole,
    title: Type.Optional(Type.String()),
    grade: Type.Optional(Type.String()),
    ...columnControls,
    nullable: Type.Optional(Type.Boolean()),
  },
  { title: "Column" },
);

export const subjectView = closed(
  { kind: Type.String(), column: Type.String(), unique: Type.Boolean() },
  { title: "Subject", description: "Whose row it is, and which column says so." },
);

const declared = {
  id: idText,
  family: idText,
  sourceUnit: idText,
  name: Type.String(),
  title: Type.String(),
  grade: Type.String(),
  columns: Type.Array(columnView),
  subjects: Type.Array(subjectView),
  keys: Type.Array(Type.Array(Type.String()), { description: "Sets of columns never equal in two rows of a public table." }),
};

export const resourceView = closed(declared, { title: "Resource" });

const versionView = closed(
  {
    id: idText,
    number: Type.Integer(),
    loadedAt: instant,
    appendedTo: Type.Optional(idText),
    own: Type.Optional(
      closed(
        { rows: Type.Integer(), contentHash: Type.String(), profile: Type.Unknown() },
        { description: "For the source unit only: what its own file holds." },
      ),
    ),
  },
  { title: "ResourceVersion" },
);

export const resourceWithVersions = closed({ ...declared, versions: Type.Array(versionView) }, { title: "ResourceWithVersions" });

export const loadedVersion = closed(
  {
    id: idText,
    resource: idText,
    number: Type.Integer(),
    rows: Type.Integer({ description: "Of the whole version." }),
    contentHash: Type.String({ description: "SHA-256 of the file handed in." }),
    appendedTo: Type.Optional(idText),
  },
  { title: "LoadedVersion" },
);

const problemOfFile = closed(
  {
    rule: Type.String({ description: "The code that the file would be refused with." }),
    line: Type.Optional(Type.Integer({ description: "1-based; the header is line 1." })),
    row: Type.Optional(Type.Integer({ description: "1-based; where the file has no lines." })),
    column: Type.Optional(Type.String()),
    reason: Type.String({ description: "What the rule wants. Never a value of the file." }),
  },
  { title: "FileProblem" },
);

export const validationView = closed(
  {
    resource: idText,
    valid: Type.Boolean(),
    rows: Type.Integer({ description: "Rows read, those with problems included." }),
    problems: Type.Array(problemOfFile, { description: "The first 100." }),
    profile: Type.Optional(Type.Unknown({ description: "Of the version the file would become." })),
  },
  { title: "Validation" },
);

const proposedColumn = closed(
  {
    name: Type.String(),
    title: Type.Optional(Type.String({ description: "The header's text, where it is no SQL name." })),
    type: Type.String(),
    nullable: Type.Boolean(),
    role: columnRole,
    reasons: Type.Array(Type.String()),
    nulls: Type.Integer(),
    distinct: Type.Integer(),
  },
  { title: "ProposedColumn" },
);

export const proposalView = closed(
  {
    columns: Type.Array(proposedColumn),
    rows: Type.Integer({ description: "Rows of the sample." }),
    whole: Type.Boolean({ description: "False: the file goes on behind the sample." }),
  },
  { title: "Proposal" },
);
