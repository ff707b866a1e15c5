// The import rule of docs/explanation/architecture.md as code. A folder imports only from folders
// before it in this list, and enters a folder by its index.ts. An unlisted folder is a violation.
const layers = [
  "kernel",
  "policy",
  "store",
  "keys",
  "audit",
  "cluster",
  "engine",
  "identity",
  "catalog",
  "governance",
  "export-gate",
  "sandbox",
  "gateway",
];

// Each capability has one home: the adapter's file name says which. Roots and processes of the
// engine may touch files freely, because that is what they are for.
const capabilities = [
  {
    name: "files",
    modules: "^(node:)?fs(/promises)?$",
    homes: "^src/(engine/|cli/|main\\.ts$|[a-z/-]+/(file|process|pg)-[a-z-]+\\.ts$)",
  },
  { name: "processes", modules: "^(node:)?child_process$", homes: "^src/(engine/|cli/|store/process-[a-z-]+\\.ts$)" },
  { name: "network", modules: "^(node:)?(net|http|https|http2|tls|dgram|dns)$", homes: "^src/(gateway/|cli/|main\\.ts$)" },
  { name: "worker threads and vm", modules: "^(node:)?(worker_threads|vm|inspector|repl)$", homes: "^$" },
  { name: "duckdb", modules: "node_modules/@duckdb/", homes: "^src/engine/.*duckdb-[^/]+$" },
  { name: "casbin", modules: "node_modules/casbin/", homes: "^src/policy/access/casbin-[a-z-]+\\.ts$" },
  { name: "postgres client", modules: "node_modules/(pg|pg-[a-z-]+)/", homes: "^src/store/pg-[a-z-]+\\.ts$" },
  {
    name: "query builder",
    modules: "node_modules/kysely/",
    homes: "^src/(store|audit|cluster|identity|catalog|governance|export-gate|sandbox)/",
  },
  { name: "tokens", modules: "node_modules/jose/", homes: "^src/(identity|identity/federation|export-gate)/jose-[a-z-]+\\.ts$" },
  { name: "oauth client", modules: "node_modules/oauth4webapi/", homes: "^src/identity/federation/oauth-[a-z-]+\\.ts$" },
  {
    name: "second factors",
    modules: "node_modules/(otpauth|@simplewebauthn)/",
    homes: "^src/identity/(otpauth|simplewebauthn)-[a-z-]+\\.ts$",
  },
  { name: "password list", modules: "node_modules/@zxcvbn-ts/", homes: "^src/identity/zxcvbn-[a-z-]+\\.ts$" },
  { name: "cookies", modules: "node_modules/cookie/", homes: "^src/gateway/[a-z-]+-cookie\\.ts$" },
  { name: "http server", modules: "node_modules/(fastify|@fastify)/", homes: "^src/gateway/" },
  { name: "foreign SQL parser", modules: "node_modules/node-sql-parser/", homes: "^src/engine/" },
  { name: "patterns of column names", modules: "node_modules/re2js/", homes: "^src/policy/query/resolve/re2-[a-z-]+\\.ts$" },
  { name: "archives", modules: "node_modules/fflate/", homes: "^src/export-gate/" },
  {
    name: "result files",
    modules: "node_modules/(hyparquet|hyparquet-writer|@uwdata)/",
    homes: "^src/export-gate/formats/(hyparquet|flechette)-[a-z-]+\\.ts$",
  },
  { name: "schemas", modules: "node_modules/(typebox|@sinclair)/", homes: "^src/(kernel|gateway)/" },
  { name: "log", modules: "node_modules/pino/", homes: "^src/(main\\.ts$|cli/|gateway/)" },
];

const roots = "^src/(main\\.ts$|cli/)";
const anyLayer = layers.join("|");

module.exports = {
  forbidden: [
    ...layers.map((layer, index) => ({
      name: `${layer}-imports-upwards-only`,
      comment: `${layer} may import only: ${layers.slice(0, index).join(", ") || "nothing"}`,
      severity: "error",
      from: { path: `^src/${layer}/` },
      to: { path: `^src/(?!${[...layers.slice(0, index), layer].map((name) => `${name}/`).join("|")})` },
    })),
    {
      name: "enter-by-the-index",
      comment: "A folder is entered by its index.ts; policy's parts by policy/index.ts.",
      severity: "error",
      from: { path: "^src/([a-z-]+)/" },
      to: { path: "^src/[a-z-]+/.+", pathNot: ["^src/$1/", "^src/[a-z-]+/index\\.ts$"] },
    },
    {
      name: "no-unlisted-folder",
      comment: "A new folder under src takes its place in the list above, on purpose, with an ADR.",
      severity: "error",
      from: { path: "^src/", pathNot: [`^src/(${anyLayer})/`, roots] },
      to: {},
    },
    { name: "no-circles", severity: "error", from: { path: "^src/" }, to: { circular: true } },
    {
      name: "no-orphan-packages",
      comment: "Only packages named in package.json.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["unknown", "undetermined", "npm-no-pkg", "npm-unknown", "npm-dev"] },
    },
    {
      name: "kernel-needs-no-packages",
      comment: "Only the schema library.",
      severity: "error",
      from: { path: "^src/kernel/" },
      to: { path: "node_modules/", pathNot: "node_modules/typebox/" },
    },
    { name: "nothing-imports-roots", severity: "error", from: { path: `^src/(${anyLayer})/` }, to: { path: roots } },
    { name: "nothing-imports-tests", severity: "error", from: { path: "^src/" }, to: { path: "^(test|bench|scripts)/" } },
    ...capabilities.map(({ name, modules, homes }) => ({
      name: `home-of-${name.replaceAll(" ", "-")}`,
      comment: `${name}: only in ${homes}`,
      severity: "error",
      from: { path: "^src/", pathNot: homes },
      to: { path: modules },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json", ".d.ts"],
    },
  },
};
