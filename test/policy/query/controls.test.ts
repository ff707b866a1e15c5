import t from "tap";
import { type ColumnControls, controlsProblem, tightenControls } from "../../../src/policy/index.ts";

const number = { role: "quasi-identifier", type: "INTEGER" };
const date = { role: "quasi-identifier", type: "DATE" };
const text = { role: "quasi-identifier", type: "VARCHAR" };
const attribute = { role: "attribute", type: "VARCHAR" };
const measure = { role: "measure", type: "DOUBLE" };

t.test("controls that hold a column to something are taken", async (t) => {
  for (const column of [
    {},
    { conditions: [] },
    { conditions: ["equality"] },
    { conditions: ["equality", "range"] },
    { conditions: ["range"], grid: 5 },
  ] as const)
    t.equal(controlsProblem({ ...number, ...column }), undefined, JSON.stringify(column));
  for (const step of ["day", "week", "month", "quarter", "year"] as const)
    t.equal(controlsProblem({ ...date, conditions: ["range"], step }), undefined, step);
  t.equal(controlsProblem({ role: "attribute", type: "TIMESTAMP", conditions: ["range"], step: "day" }), undefined);
  t.equal(controlsProblem({ ...text, conditions: ["prefix"], prefixLength: 4 }), undefined);
  t.equal(controlsProblem({ ...text, conditions: ["equality", "prefix"] }), undefined);
  t.equal(controlsProblem({ ...attribute, conditions: ["equality", "pattern"] }), undefined);
  t.equal(controlsProblem({ ...measure, grid: 0.5 }), undefined);
  t.equal(controlsProblem({ ...measure, conditions: ["range"], grid: 0.5 }), undefined);
  t.equal(controlsProblem({ ...measure, conditions: [] }), undefined);
  t.equal(controlsProblem({ role: "identifier", type: "VARCHAR", conditions: [] }), undefined);
  t.equal(controlsProblem({ role: "free-text", type: "VARCHAR" }), undefined);
});

const misfits: readonly (readonly [object, ColumnControls, RegExp])[] = [
  [text, { conditions: ["pattern"] }, /equality, range, prefix$/],
  [number, { conditions: ["prefix"] }, /equality, range$/],
  [measure, { conditions: ["equality"] }, /measure of type DOUBLE: range/],
  [{ role: "measure", type: "VARCHAR" }, { conditions: ["range"] }, /no class/],
  [{ role: "identifier", type: "VARCHAR" }, { conditions: ["equality"] }, /no class/],
  [{ role: "free-text", type: "VARCHAR" }, { conditions: ["pattern"] }, /no class/],
  [number, { conditions: ["range", "range"], grid: 5 }, /each class once/],
  [number, { conditions: ["range"] }, /a grid/],
  [number, { conditions: ["range"], grid: 0 }, /above 0/],
  [number, { conditions: ["range"], grid: -5 }, /above 0/],
  [number, { conditions: ["range"], grid: Number.NaN }, /above 0/],
  [number, { conditions: ["range"], grid: Number.POSITIVE_INFINITY }, /above 0/],
  [number, { conditions: ["range"], grid: 2.5 }, /whole grid/],
  [{ role: "attribute", type: "DOUBLE" }, { conditions: ["range"], grid: 5 }, /whole numbers, not on DOUBLE/],
  [number, { grid: 5 }, /no grid/],
  [number, { conditions: ["equality", "range"], grid: 5 }, /no grid/],
  [number, { conditions: [], grid: 5 }, /class range/],
  [number, { conditions: ["range"], grid: 5, step: "month" }, /dates and times/],
  [number, { conditions: ["range"], grid: 5, prefixLength: 3 }, /texts/],
  [date, { conditions: ["range"] }, /a step/],
  [date, { conditions: ["range"], grid: 5 }, /not on DATE/],
  [date, { step: "month" }, /no grid, step/],
  [date, { conditions: [], step: "month" }, /class range/],
  [text, { conditions: ["prefix"] }, /prefixLength/],
  [text, { conditions: ["prefix"], prefixLength: 0 }, /from 1 to 100/],
  [text, { conditions: ["prefix"], prefixLength: 101 }, /from 1 to 100/],
  [text, { conditions: ["prefix"], prefixLength: 1.5 }, /from 1 to 100/],
  [text, { prefixLength: 3 }, /prefixLength where/],
  [text, { conditions: [], prefixLength: 3 }, /class prefix/],
  [text, { conditions: ["range", "prefix"], prefixLength: 3 }, /one of range and prefix/],
  [text, { conditions: ["range"] }, /a grid/],
  [attribute, { conditions: ["pattern", "prefix"], prefixLength: 3 }, /equality beside pattern/],
  [measure, { conditions: [], grid: 5 }, /class range/],
  [measure, { step: "month" }, /dates and times/],
  [{ role: "measure", type: "DATE" }, { step: "month" }, /what measures have/],
  [{ role: "measure", type: "VARCHAR" }, { prefixLength: 3 }, /what measures have/],
];

t.test("controls that hold a column to nothing, or do not fit it, are refused with what would", async (t) => {
  for (const [column, controls, problem] of misfits)
    t.match(controlsProblem({ ...(column as typeof number), ...controls }), problem, JSON.stringify([column, controls]));
});

const tightened: readonly (readonly [object, ColumnControls, ColumnControls])[] = [
  [number, {}, {}],
  [number, { conditions: ["equality"] }, { conditions: ["equality"] }],
  [number, { conditions: ["range"], grid: 5 }, { conditions: ["range"], grid: 5 }],
  [{ ...number, conditions: ["range"], grid: 5 }, {}, { conditions: ["range"], grid: 5 }],
  [{ ...number, conditions: ["range"], grid: 5 }, { grid: 10 }, { conditions: ["range"], grid: 10 }],
  [{ ...number, conditions: ["range"], grid: 5 }, { conditions: [] }, { conditions: [] }],
  [{ ...measure, grid: 0.1 }, { grid: 0.3 }, { grid: 0.3 }],
  [{ ...measure, grid: 1000 }, { conditions: [] }, { conditions: [] }],
  [measure, {}, {}],
  [{ ...date, conditions: ["range"], step: "month" }, { step: "year" }, { conditions: ["range"], step: "year" }],
  [date, { conditions: ["range"], step: "week" }, { conditions: ["range"], step: "week" }],
  [{ ...text, conditions: ["prefix"], prefixLength: 4 }, { prefixLength: 2 }, { conditions: ["prefix"], prefixLength: 2 }],
  [{ ...text, conditions: ["prefix"], prefixLength: 4 }, {}, { conditions: ["prefix"], prefixLength: 4 }],
];

t.test("an agreement may let less be asked of a column", async (t) => {
  for (const [column, wanted, controls] of tightened) {
    const answer = tightenControls(column as typeof number, wanted);
    t.match(answer, { kind: "tightened" }, JSON.stringify([column, wanted]));
    if (answer.kind === "tightened") t.same(JSON.parse(JSON.stringify(answer.controls)), controls);
  }
});

const looser: readonly (readonly [object, ColumnControls, RegExp])[] = [
  [{ ...number, conditions: ["range"], grid: 5 }, { conditions: ["equality"] }, /catalogue allows: range/],
  [{ ...number, conditions: ["range"], grid: 5 }, { conditions: ["equality", "range"] }, /catalogue allows/],
  [{ ...number, conditions: [] }, { conditions: ["equality"] }, /none$/],
  [{ ...number, conditions: ["range"], grid: 5 }, { grid: 7 }, /multiple of the declared grid 5/],
  [{ ...number, conditions: ["range"], grid: 10 }, { grid: 5 }, /multiple of/],
  [{ ...measure, grid: 1000 }, { grid: 100 }, /multiple of/],
  [measure, { grid: 100 }, /declares none/],
  [text, { conditions: ["equality", "pattern"] }, /catalogue allows/],
  [{ ...attribute, conditions: ["equality"] }, { conditions: ["equality", "pattern"] }, /catalogue allows/],
  [{ ...date, conditions: ["range"], step: "month" }, { step: "week" }, /whole steps of a month: month, quarter, year/],
  [{ ...date, conditions: ["range"], step: "week" }, { step: "month" }, /whole steps/],
  [{ ...text, conditions: ["prefix"], prefixLength: 4 }, { prefixLength: 5 }, /at most 4/],
  [number, { conditions: ["range"] }, /a grid/],
  [number, { grid: 5 }, /no grid/],
];

t.test("an agreement never lets more be asked than the catalogue does", async (t) => {
  for (const [column, wanted, problem] of looser)
    t.match(tightenControls(column as typeof number, wanted), { kind: "problem", problem }, JSON.stringify([column, wanted]));
});
