/** One column as `POST /v1/resources` takes it. */
export interface DemoColumn {
  readonly name: string;
  readonly title: string;
  readonly type: string;
  readonly role: "identifier" | "quasi-identifier" | "measure" | "attribute" | "free-text";
  /** Of measures, in the unit of the column: constants in conditions and buckets are multiples of it. */
  readonly grid?: number;
  /** Whether a cell may be empty. */
  readonly nullable: boolean;
}

export interface DemoSubject {
  readonly kind: "person" | "enterprise";
  readonly column: string;
  /** Whether the table holds one row at most of each. */
  readonly unique: boolean;
}

/** The declaration of one of the demo's files, as its source unit would post it. */
export interface DemoTable {
  readonly name: "person" | "visit" | "enterprise";
  readonly title: string;
  /** The unit that hands it in. */
  readonly sourceUnit: string;
  /** Tables of one family describe the same subjects and are protected together. */
  readonly family: "residents" | "enterprises";
  readonly file: string;
  /** GB/T 43697-2024. */
  readonly grade: string;
  readonly columns: readonly DemoColumn[];
  readonly subjects: readonly DemoSubject[];
}

const person: DemoTable = {
  name: "person",
  title: "人口基础信息",
  sourceUnit: "河北省公安厅（演示）",
  family: "residents",
  file: "person.csv",
  grade: "general-3",
  columns: [
    { name: "id_card", title: "公民身份号码", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "name", title: "姓名", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "phone", title: "手机号码", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "birth_date", title: "出生日期", type: "DATE", role: "quasi-identifier", nullable: false },
    { name: "gender", title: "性别（M 男 F 女）", type: "VARCHAR", role: "quasi-identifier", nullable: false },
    { name: "county", title: "居住县（市、区）", type: "VARCHAR", role: "quasi-identifier", nullable: false },
    { name: "township", title: "乡镇、街道或村", type: "VARCHAR", role: "quasi-identifier", nullable: false },
    { name: "income", title: "年收入（元）", type: "DECIMAL(14,2)", role: "measure", grid: 10_000, nullable: true },
  ],
  subjects: [{ kind: "person", column: "id_card", unique: true }],
};

const visit: DemoTable = {
  name: "visit",
  title: "门诊和住院就诊记录",
  sourceUnit: "河北省卫生健康委员会（演示）",
  family: "residents",
  file: "visit.csv",
  grade: "general-4",
  columns: [
    { name: "visit_id", title: "就诊流水号", type: "BIGINT", role: "identifier", nullable: false },
    { name: "id_card", title: "公民身份号码", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "hospital", title: "医疗机构代码", type: "VARCHAR", role: "quasi-identifier", nullable: false },
    { name: "icd10", title: "疾病诊断编码", type: "VARCHAR", role: "attribute", nullable: false },
    { name: "visit_date", title: "就诊日期", type: "DATE", role: "quasi-identifier", nullable: false },
    { name: "cost", title: "医疗费用（元）", type: "DECIMAL(12,2)", role: "measure", grid: 100, nullable: false },
  ],
  subjects: [{ kind: "person", column: "id_card", unique: false }],
};

const enterprise: DemoTable = {
  name: "enterprise",
  title: "企业登记和纳税信息",
  sourceUnit: "河北省市场监督管理局（演示）",
  family: "enterprises",
  file: "enterprise.csv",
  grade: "general-2",
  columns: [
    { name: "uscc", title: "统一社会信用代码", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "name", title: "企业名称", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "industry", title: "行业（GB/T 4754）", type: "VARCHAR", role: "quasi-identifier", nullable: false },
    { name: "county", title: "登记县（市、区）", type: "VARCHAR", role: "quasi-identifier", nullable: false },
    { name: "employees", title: "从业人数", type: "INTEGER", role: "measure", grid: 10, nullable: false },
    { name: "tax", title: "年纳税额（元）", type: "DECIMAL(16,2)", role: "measure", grid: 10_000, nullable: false },
  ],
  subjects: [{ kind: "enterprise", column: "uscc", unique: true }],
};

/** What the demo's source units declare before they hand in the files of `generatePopulation`. */
export const demoSchema: { readonly tables: readonly DemoTable[] } = { tables: [person, visit, enterprise] };
