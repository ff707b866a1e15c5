/** Counts and states of this gateway in Prometheus' text format (0.0.4), with labels from fixed sets only. */
export interface Metrics {
  /** An answer that is out. */
  answered(request: { readonly method: string; readonly route: string; readonly status: number; readonly seconds: number }): void;
  /** A request refused for its number. */
  limited(rate: string): void;
  render(): Promise<string>;
}

/** What is measured when it is asked for. Nothing of it is about data, an agreement or a person. */
export interface Gauges {
  readonly storeUp: boolean;
  /** Jobs of all operators together. */
  readonly jobs: Readonly<Record<"queued" | "running", number>>;
  readonly workers: readonly { readonly role: string; readonly state: string; readonly count: number }[];
  /** Events that are recorded and have no place in the log yet. */
  readonly eventsWaiting: number;
}

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

type Labels = Readonly<Record<string, string>>;

const escapeLabel = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
const labelled = (labels: Labels): string => {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
};

function family(name: string, type: "counter" | "gauge" | "histogram", help: string, lines: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

/** Durations by route pattern, method and status: what a sender wrote is never a label. (The usual library brings a tracing interface along.) */
export function createMetrics(deps: { readonly gauges: () => Promise<Gauges>; readonly startedAtSeconds: number }): Metrics {
  const durations = new Map<string, { readonly labels: Labels; readonly buckets: number[]; sum: number; count: number }>();
  const refused = new Map<string, number>();

  const ofRequests = (): readonly string[] =>
    [...durations.values()].flatMap(({ labels, buckets, sum, count }) => {
      let below = 0;
      const name = "hanguang_http_request_duration_seconds";
      const steps = bounds.map((bound, at) => {
        below += buckets[at] ?? 0;
        return `${name}_bucket${labelled({ ...labels, le: String(bound) })} ${below}`;
      });
      return [
        ...steps,
        `${name}_bucket${labelled({ ...labels, le: "+Inf" })} ${count}`,
        `${name}_sum${labelled(labels)} ${sum}`,
        `${name}_count${labelled(labels)} ${count}`,
      ];
    });

  return {
    answered: ({ method, route, status, seconds }) => {
      const labels = { method: methods.has(method) ? method : "other", route, status: String(status) };
      const key = Object.values(labels).join(" ");
      const series = durations.get(key) ?? { labels, buckets: bounds.map(() => 0), sum: 0, count: 0 };
      durations.set(key, series);
      const at = bounds.findIndex((bound) => seconds <= bound);
      if (at !== -1) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
      series.sum += seconds;
      series.count += 1;
    },
    limited: (rate) => void refused.set(rate, (refused.get(rate) ?? 0) + 1),
    render: async () => {
      const { storeUp, jobs, workers, eventsWaiting } = await deps.gauges();
      const { rss, heapUsed } = process.memoryUsage();
      const gauge = (name: string, help: string, value: number) => family(name, "gauge", help, [`${name} ${value}`]);
      return [
        family("hanguang_http_request_duration_seconds", "histogram", "Time to answer, by route pattern.", ofRequests()),
        family(
          "hanguang_http_limited_total",
          "counter",
          "Requests refused for their number, by class.",
          [...refused].map(([rate, count]) => `hanguang_http_limited_total${labelled({ class: rate })} ${count}`),
        ),
        gauge("hanguang_store_up", "Whether the store answers this gateway.", storeUp ? 1 : 0),
        family(
          "hanguang_jobs",
          "gauge",
          "Jobs of the whole installation that wait or run.",
          storeUp ? Object.entries(jobs).map(([state, count]) => `hanguang_jobs${labelled({ state })} ${count}`) : [],
        ),
        family(
          "hanguang_workers",
          "gauge",
          "Processes of this gateway's engine.",
          workers.map(({ role, state, count }) => `hanguang_workers${labelled({ role, state })} ${count}`),
        ),
        storeUp ? gauge("hanguang_audit_events_waiting", "Recorded events without a place in the log yet.", eventsWaiting) : "",
        gauge("process_resident_memory_bytes", "Memory of the gateway's process.", rss),
        gauge("process_heap_bytes", "Of it, JavaScript's heap in use.", heapUsed),
        gauge("process_start_time_seconds", "When the gateway started, in seconds since 1970.", deps.startedAtSeconds),
      ].join("");
    },
  };
}
