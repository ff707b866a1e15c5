import Type, { type Static } from "typebox";
import { issuerSchema } from "./issuer-schema.ts";
import { count, flag, group, list, text } from "./setting.ts";

/** Not wider than /8: nobody's proxies are half the internet. What is no address all the same, is told at start. */
const cidrPattern = "^(\\d{1,3}(\\.\\d{1,3}){3}/([89]|[12]\\d|3[0-2])|[0-9a-f:]*:[0-9a-f:]*/([89]|[1-9]\\d|1[01]\\d|12[0-8]))$";

/**
 * Every setting of the platform. Values stand in `config/default.json`, may be overridden by a
 * file (`--config`) and then by the environment (`HANGUANG_SERVER_PORT` for `server.port`). No
 * secret is a setting: keys are made at first start and live in files.
 */
export const configSchema = group({
  server: group({
    host: text({
      description:
        "Address the gateway listens on. Another than loopback only with TLS (`tlsCertFile`, `tlsKeyFile`) or behind `trustedProxies`.",
      unit: "",
      examples: ["127.0.0.1"],
      pattern: "^(localhost|\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*)$",
    }),
    port: count(0, 65535, { description: "Port; 0 takes a free one.", unit: "", examples: [7310] }),
    tlsCertFile: text({
      description: "PEM file of the certificate, its chain behind it; TLS 1.3 is spoken then, and nothing else. `-`: no TLS.",
      unit: "",
      examples: ["/etc/hanguang/tls.crt"],
    }),
    tlsKeyFile: text({
      description: "PEM file of the certificate's private key, closed to others (mode 0600, or 0640). `-`: no TLS.",
      unit: "",
      examples: ["/etc/hanguang/tls.key"],
    }),
    trustedProxies: list(Type.String({ pattern: cidrPattern }), {
      description:
        "Networks (CIDR, /8 or narrower) of the reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. " +
        "Without TLS of its own the gateway then serves those proxies alone, and only what came to them by HTTPS.",
      unit: "",
      examples: [["10.20.0.4/32"]],
    }),
    keepAliveMs: count(1000, 600_000, {
      description: "A connection without a request is closed after this time; longer than a proxy in front keeps its own.",
      unit: "ms",
      examples: [75_000],
    }),
    requestsPerConnection: count(1, 1_000_000, {
      description: "After so many requests a connection is closed, and its client opens another.",
      unit: "requests",
      examples: [10_000],
    }),
    bodyLimitBytes: count(1024, 16_777_216, {
      description: "Largest JSON body; data uploads stream and have their own limits.",
      unit: "bytes",
      examples: [1_048_576],
    }),
    eventStreamsPerAccount: count(1, 1000, {
      description: "Streams of job states (`GET /v1/jobs/:id/events`) that one account may hold open at a gateway.",
      unit: "streams",
      examples: [8],
    }),
    eventHeartbeatMs: count(100, 600_000, {
      description: "A stream without news shows that it lives, and asks anew whether it may go on, this often.",
      unit: "ms",
      examples: [15_000],
    }),
    requestTimeoutMs: count(1000, 600_000, {
      description: "A request's headers and JSON body must arrive within this time.",
      unit: "ms",
      examples: [30_000],
    }),
    corsOrigins: list(
      Type.String({ pattern: "^(https://[a-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1|\\[::1\\]))(:\\d{1,5})?$" }),
      {
        description:
          "Origins, exactly, whose pages may use the interface from a browser (CORS), with tokens in headers; never what has to do with cookies. None: nobody's.",
        unit: "",
        examples: [[]],
        maxItems: 16,
      },
    ),
    drainMs: count(0, 86_400_000, {
      description:
        "Once told to stop, a gateway gives running jobs and requests this time to end; jobs that do not are interrupted.",
      unit: "ms",
      examples: [30_000],
    }),
    drainNoticeMs: count(0, 600_000, {
      description: "Once told to stop, it answers at least this long yet, not ready: so long a balancer takes to notice.",
      unit: "ms",
      examples: [5000],
    }),
    idempotencyKeepMs: count(60_000, 604_800_000, {
      description: "A request sent again with its Idempotency-Key within this time is done once and answered as before.",
      unit: "ms",
      examples: [86_400_000],
    }),
  }),
  limits: group({
    windowMs: count(1000, 3_600_000, {
      description: "Time in which a spent quota of requests is whole again; it fills evenly. Each gateway counts for itself.",
      unit: "ms",
      examples: [60_000],
    }),
    signInRequests: count(1, 1_000_000, {
      description:
        "Requests in a window that have a secret looked at (sign-in, second factor, refresh), by network address; re-authentication and changes of one's factors, by account.",
      unit: "requests",
      examples: [60],
    }),
    strangerRequests: count(1, 1_000_000, {
      description: "Requests in a window without a valid token, or to no route, by network address (IPv6: its /64).",
      unit: "requests",
      examples: [300],
    }),
    readRequests: count(1, 1_000_000, {
      description: "Reads in a window, by account; of public routes, by network address.",
      unit: "requests",
      examples: [3000],
    }),
    writeRequests: count(1, 1_000_000, { description: "Writes in a window, by account.", unit: "requests", examples: [600] }),
    uploadRequests: count(1, 1_000_000, {
      description: "Files and pieces of files in a window, by account.",
      unit: "requests",
      examples: [1200],
    }),
    streamRequests: count(1, 1_000_000, {
      description: "Streams of states begun in a window, by account.",
      unit: "streams",
      examples: [120],
    }),
    trackedCallers: count(100, 1_000_000, {
      description: "Accounts, and addresses, whose quotas are kept apart in each class; those beyond share one.",
      unit: "callers",
      examples: [20_000],
    }),
  }),
  storage: group({
    lowFreeBytes: count(0, 1_099_511_627_776, {
      description: "Less free than this on a file system of the data folder, and no work is begun that takes space (507).",
      unit: "bytes",
      examples: [2_147_483_648],
    }),
    lowFreePercent: count(0, 90, {
      description: "The same as a share of the file system; the greater of the two counts.",
      unit: "%",
      examples: [2],
    }),
    criticalFreeBytes: count(0, 1_099_511_627_776, {
      description: "Less free than this, and the gateway is not ready.",
      unit: "bytes",
      examples: [536_870_912],
    }),
    criticalFreePercent: count(0, 90, {
      description: "The same as a share of the file system; the greater of the two counts.",
      unit: "%",
      examples: [1],
    }),
    checkMs: count(100, 60_000, {
      description: "Free space is measured this often, beside every time before much is written.",
      unit: "ms",
      examples: [1000],
    }),
  }),
  log: group({
    level: Type.Union(
      ["fatal", "error", "warn", "info", "debug", "silent"].map((level) => Type.Literal(level)),
      { description: "Least severe operational message written.", unit: "", examples: ["info"] },
    ),
    file: text({
      description: "File for operational messages, of this gateway alone; `-`: standard output. SIGHUP opens it anew.",
      unit: "",
      examples: ["/var/log/hanguang/gateway.log"],
    }),
    rotateBytes: count(0, 1_099_511_627_776, {
      description: "The file is turned over when it has this size; 0: not by size.",
      unit: "bytes",
      examples: [104_857_600],
    }),
    rotateMs: count(0, 31_622_400_000, {
      description: "The file is turned over when it is this old; 0: not by age.",
      unit: "ms",
      examples: [86_400_000],
    }),
    keepFiles: count(1, 10_000, {
      description: "Files kept that were turned over: `.1` is the newest.",
      unit: "files",
      examples: [14],
    }),
  }),
  identity: group({
    accessTokenTtlMs: count(60_000, 3_600_000, {
      description: "Life of an access token (EdDSA JWT).",
      unit: "ms",
      examples: [600_000],
    }),
    refreshTokenTtlMs: count(600_000, 2_592_000_000, {
      description: "Life of a session; a refresh token is replaced at each use.",
      unit: "ms",
      examples: [43_200_000],
    }),
    issuer: text({ description: "`iss` of the platform's own tokens.", unit: "", examples: ["hanguang"] }),
    audience: text({ description: "`aud` of the platform's own tokens.", unit: "", examples: ["hanguang-api"] }),
    passwordMinLength: count(12, 128, {
      description: "Shortest password accepted.",
      unit: "characters",
      examples: [14],
    }),
    lockoutThreshold: count(3, 20, {
      description: "Failed logins in a row before an account waits; each further failure doubles the wait.",
      unit: "attempts",
      examples: [5],
    }),
    lockoutBaseMs: count(1000, 3_600_000, {
      description: "First wait after the threshold.",
      unit: "ms",
      examples: [30_000],
    }),
    lockoutMaxMs: count(1000, 86_400_000, { description: "Longest wait.", unit: "ms", examples: [3_600_000] }),
    oidc: list(issuerSchema, {
      description: "Issuers whose people and tokens are let in; docs/how-to/connect-an-issuer.md. In the environment: JSON.",
      unit: "",
      examples: [[]],
      maxItems: 16,
    }),
    serviceKeyMaxDays: count(1, 366, {
      description: "Longest life of a service key; a shorter one, once set, holds for keys made from then on.",
      unit: "days",
      examples: [90],
    }),
    serviceKeysPerOrganisation: count(1, 10_000, {
      description: "Service keys of one organisation that are neither revoked nor expired.",
      unit: "keys",
      examples: [50],
    }),
    secondFactorTtlMs: count(30_000, 900_000, {
      description: "Time between password and second factor, and between the beginning of an enrolment and its confirmation.",
      unit: "ms",
      examples: [300_000],
    }),
    recentFactorMs: count(30_000, 3_600_000, {
      description: "Votes, releases, terminations and role assignments need a factor shown in the session within this time.",
      unit: "ms",
      examples: [300_000],
    }),
    webOrigin: text({
      description:
        "Where browsers reach the platform; security keys and cookies are bound to it. Plain http on this machine only.",
      unit: "",
      examples: ["https://hanguang.example"],
      pattern: "^(https://[a-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1|\\[::1\\]))(:\\d{1,5})?$",
    }),
    webauthnRpId: text({
      description: "Relying party id of security keys: the host of `webOrigin`, or a domain above it.",
      unit: "",
      examples: ["hanguang.example"],
      pattern: "^[a-z0-9.-]+$",
    }),
  }),
  ingest: group({
    maxBytes: count(1024, 1_099_511_627_776, {
      description: "Largest uploaded file.",
      unit: "bytes",
      examples: [10_737_418_240],
    }),
    maxRows: count(1, 10_000_000_000, {
      description: "Most rows of one version, what it is appended to included.",
      unit: "rows",
      examples: [100_000_000],
    }),
    maxColumns: count(1, 10_000, { description: "Most columns of one resource.", unit: "columns", examples: [500] }),
    maxLineBytes: count(1024, 67_108_864, {
      description: "Longest line of a CSV file.",
      unit: "bytes",
      examples: [1_048_576],
    }),
    maxFieldBytes: count(64, 67_108_864, {
      description: "Longest value, as UTF-8.",
      unit: "bytes",
      examples: [65_536],
    }),
    maxParquetBytes: count(1024, 17_179_869_184, {
      description: "Largest Parquet file: while it is read it lies in memory.",
      unit: "bytes",
      examples: [536_870_912],
    }),
    maxRowGroups: count(1, 1_000_000, {
      description: "Most row groups of a Parquet file.",
      unit: "row groups",
      examples: [10_000],
    }),
    maxExpansion: count(2, 100_000, {
      description: "A Parquet file of more than 64 MiB unpacked unpacks to at most so many times its size.",
      unit: "times",
      examples: [100],
    }),
    maxSampleBytes: count(4096, 268_435_456, {
      description: "How much of a sample file a proposal of columns is made from.",
      unit: "bytes",
      examples: [8_388_608],
    }),
    maxAppends: count(1, 10_000, {
      description: "Versions appended one to the other before the whole must be handed in again.",
      unit: "versions",
      examples: [366],
    }),
    timeoutMs: count(1000, 86_400_000, {
      description: "An upload is validated and stored within this time.",
      unit: "ms",
      examples: [1_800_000],
    }),
    stallTimeoutMs: count(100, 3_600_000, {
      description: "A sender that is waited for this long in all without sending 16 KiB is given up.",
      unit: "ms",
      examples: [30_000],
    }),
    uploadTtlMs: count(60_000, 2_592_000_000, {
      description: "A resumable upload to which nothing is added for this long expires.",
      unit: "ms",
      examples: [86_400_000],
    }),
    uploadPieceBytes: count(65_536, 1_073_741_824, {
      description: "A resumable upload is made durable every so many bytes: no more is lost when a gateway dies.",
      unit: "bytes",
      examples: [33_554_432],
    }),
    maxOpenUploads: count(1, 10_000, {
      description: "Resumable uploads of one source unit under way at one time.",
      unit: "uploads",
      examples: [16],
    }),
    maxReadings: count(1, 1024, {
      description: "Files read at one time; each costs a process.",
      unit: "files",
      examples: [4],
    }),
    maxReadingsPerUnit: count(1, 1024, {
      description: "Files of one source unit read at one time.",
      unit: "files",
      examples: [2],
    }),
  }),
  enclave: group({
    allowWeakIsolation: flag({
      description: "Run jobs where the operating system offers no namespaces. Never in production.",
      unit: "",
      examples: [false],
    }),
    workers: count(1, 64, {
      description: "Pre-started enclave workers, each used once.",
      unit: "processes",
      examples: [4],
    }),
    compilers: count(1, 16, { description: "Pre-started compiler processes.", unit: "processes", examples: [2] }),
    threads: count(1, 256, { description: "DuckDB threads of one job.", unit: "threads", examples: [2] }),
    memoryBytes: count(67_108_864, 1_099_511_627_776, {
      description: "Memory of one job.",
      unit: "bytes",
      examples: [2_147_483_648],
    }),
    timeoutMs: count(100, 86_400_000, { description: "Running time of one job.", unit: "ms", examples: [120_000] }),
    resultBytes: count(1024, 268_435_456, { description: "Largest result of one job.", unit: "bytes", examples: [16_777_216] }),
    sqlBytes: count(256, 1_048_576, { description: "Longest SQL text.", unit: "bytes", examples: [65_536] }),
    heartbeatMs: count(200, 60_000, {
      description: "A running job, and a gateway, shows that it lives this often.",
      unit: "ms",
      examples: [2000],
    }),
    leaseMs: count(1000, 600_000, {
      description: "A job without a sign of life for this long becomes interrupted; a gateway without one is declared lost.",
      unit: "ms",
      examples: [10_000],
    }),
    maxQueuedPerOperator: count(1, 100_000, {
      description: "Jobs of one operator waiting or running at one time.",
      unit: "jobs",
      examples: [100],
    }),
  }),
  jobs: group({
    maxRunningPerOperator: count(1, 64, {
      description: "Jobs of one operator running at one time, over all gateways.",
      unit: "jobs",
      examples: [3],
    }),
    dailyJobsPerOperator: count(1, 1_000_000, {
      description: "Jobs that one operator may submit in a civil day of Asia/Shanghai.",
      unit: "jobs",
      examples: [5000],
    }),
    endStepMs: count(0, 60_000, {
      description:
        "Runs are seen to end at multiples of this, and of more as they take longer: how long one takes tells about rows. 0: at once.",
      unit: "ms",
      examples: [100],
    }),
    dailyExplainsPerOperator: count(1, 1_000_000, {
      description: "Statements that one operator may have explained in a civil day of Asia/Shanghai.",
      unit: "statements",
      examples: [10_000],
    }),
  }),
  release: group({
    minOwners: count(3, 100_000, {
      description: "Platform floor k: fewest distinct owners of a shown atom. Agreements may only be stricter.",
      unit: "owners",
      examples: [10],
    }),
    dominancePercent: count(50, 100, {
      description: "Platform floor of the (2, k) dominance rule: the two largest owners stay below this share.",
      unit: "%",
      examples: [90],
    }),
    pPercent: count(1, 100, {
      description: "Platform floor of the p% rule.",
      unit: "%",
      examples: [10],
    }),
  }),
  export: group({
    grantTtlMs: count(60_000, 3_600_000, { description: "Life of a download grant.", unit: "ms", examples: [300_000] }),
    resultRetentionDays: count(1, 36_500, {
      description: "A checked result is deleted this long after it was made or last asked to be exported.",
      unit: "days",
      examples: [90],
    }),
    reviewers: count(2, 9, { description: "Human votes an export needs.", unit: "votes", examples: [2] }),
  }),
  audit: group({
    origin: text({
      description: "Origin line of the log's checkpoints and name of its key.",
      unit: "",
      examples: ["hanguang.example/log"],
      pattern: "^[^\\s+]+$",
    }),
    sequenceIntervalMs: count(10, 60_000, {
      description: "Longest time between an event and its place in the tree.",
      unit: "ms",
      examples: [200],
    }),
  }),
});

export type Config = Static<typeof configSchema>;
