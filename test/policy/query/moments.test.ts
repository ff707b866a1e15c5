import t from "tap";
import { agreesWith } from "./agrees.ts";
import { show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const connection = await openPeople();
t.teardown(() => connection.closeSync());
const agrees = agreesWith(connection);

t.test("variances, correlations and regressions are computed from sums that are judged by themselves", async (t) => {
  for (const sql of [
    "SELECT gender, var_samp(income), var_pop(income), stddev(income), stddev_pop(income), variance(income), stddev_samp(income), sem(income) FROM person GROUP BY gender",
    "SELECT hospital, stddev(cost / 100 + 1) FROM visit GROUP BY hospital",
    "SELECT var_samp(CASE WHEN icd10 = 'I10' THEN cost END) FROM visit",
    "SELECT covar_pop(v.cost, p.income), covar_samp(v.cost, p.income), corr(v.cost, p.income) FROM person p JOIN visit v USING (id_card)",
    "SELECT p.gender, regr_slope(v.cost, p.income), regr_intercept(v.cost, p.income), regr_r2(v.cost, p.income), regr_count(v.cost, p.income) FROM person p JOIN visit v USING (id_card) GROUP BY p.gender",
    "SELECT regr_avgx(v.cost, p.income), regr_avgy(v.cost, p.income), regr_sxx(v.cost, p.income), regr_syy(v.cost, p.income), regr_sxy(v.cost, p.income) FROM person p JOIN visit v USING (id_card)",
    "SELECT gender, skewness(income), kurtosis(income), kurtosis_pop(income) FROM person GROUP BY gender",
    "SELECT skewness(cost), kurtosis(2 * cost / 100 + 1), kurtosis_pop(-cost), kurtosis(3) IS NULL FROM visit",
    "SELECT hospital, skewness(CASE WHEN icd10 = 'I10' THEN cost END), kurtosis(cost) FILTER (WHERE icd10 = 'I10') FROM visit GROUP BY hospital",
    "SELECT skewness(n) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card)",
    "SELECT favg(income), fsum(income), kahan_sum(income), sumkahan(income) FROM person",
    "SELECT stddev(n) FROM (SELECT id_card, count(*) AS n FROM visit GROUP BY id_card)",
    "SELECT corr(n, c) FROM (SELECT id_card, count(*) AS n, sum(cost) AS c FROM visit GROUP BY id_card)",
    "SELECT regr_slope(ln(cost + 1), ln(cost)) FROM visit WHERE cost >= 500",
    "SELECT avg(ln(income)), sum(sqrt(income)), stddev(ln(1 + income)) FROM person WHERE income > 0",
    "SELECT avg(ln(income)) FROM person WHERE 10000 <= income AND gender = 'M'",
    "SELECT avg(x) FROM (SELECT id_card, sum(ln(cost)) AS x FROM visit WHERE cost > 0 GROUP BY id_card)",
  ])
    await agrees(t, sql);
});

t.test("a measure that does not vary has no correlation, and rounding makes no negative variance", async (t) => {
  const rows = await show(
    "SELECT 1, var_pop(n), stddev(n), corr(n, n) FROM (SELECT worker, employer, count(*) AS n FROM employment GROUP BY ALL)",
    sampleSchema,
    connection,
  );
  t.ok(rows.rows.every((row) => row.slice(1).every((value) => value === null || Number(value) === 0)));
});

t.test("a logarithm or a root of a measure has its domain in the statement itself", async (t) => {
  for (const sql of [
    "SELECT avg(ln(income)) FROM person",
    "SELECT avg(ln(income)) FROM person WHERE income >= 0",
    "SELECT avg(ln(income)) FROM person WHERE income > -10000",
    "SELECT avg(ln(income)) FROM person WHERE income < 10000",
    "SELECT avg(ln(income)) FROM person WHERE income > 0 OR gender = 'M'",
    "SELECT avg(ln(income + 1)) FROM person WHERE income > -10000",
    "SELECT sum(sqrt(income)) FROM person",
    "SELECT avg(ln(p.income)) FROM person p JOIN visit v USING (id_card) WHERE p.income > v.cost",
    "SELECT sum(sqrt(cost)) FROM person p JOIN visit v USING (id_card) WHERE p.income > 0",
    "SELECT avg(x) FROM (SELECT id_card, sum(ln(cost)) AS x FROM visit GROUP BY id_card)",
  ])
    t.match(await refusalOf(sql), { code: "QUERY_FALLIBLE" }, sql);
  t.match(await refusalOf("SELECT sum(sqrt(income)) FROM person"), { instead: "Filter first: WHERE income >= 0." });
  t.match(await refusalOf("SELECT avg(ln(income)) FROM person"), { instead: "Filter first: WHERE income > 0." });
});

t.test("other shapes inside moments are refused as everywhere", async (t) => {
  for (const [figure, code] of [
    ["stddev(income * income * income)", "QUERY_MEASURE_SHAPE"],
    ["skewness(income * income)", "QUERY_MEASURE_SHAPE"],
    ["kurtosis(income + year(birth_date))", "QUERY_MEASURE_SHAPE"],
    ["kurtosis(power(income, 3))", "QUERY_MEASURE_SHAPE"],
    ["sum(income * income * income)", "QUERY_MEASURE_SHAPE"],
    ["entropy(income)", "QUERY_AGGREGATE_REFUSED"],
    ["stddev(exp(income))", "QUERY_MEASURE_SHAPE"],
    ["stddev(ln(income * 2))", "QUERY_MEASURE_SHAPE"],
    ["stddev(ln(income + 2))", "QUERY_MEASURE_SHAPE"],
    ["stddev(sqrt(income + 1))", "QUERY_MEASURE_SHAPE"],
    ["stddev(DISTINCT income)", "QUERY_AGGREGATE_REFUSED"],
    ["var_pop(district)", "rejected"],
  ] as const)
    t.ok((await codeOf(`SELECT ${figure} FROM person WHERE income > 0`)).startsWith(code), figure);
});

t.test("a per-owner total under a condition has no higher moments", async (t) => {
  const sql = "SELECT kurtosis(n) FROM (SELECT id_card, count(*) AS n FROM visit WHERE hospital = 'H1' GROUP BY id_card)";
  t.equal(await codeOf(sql), "QUERY_MEASURE_SHAPE");
});
