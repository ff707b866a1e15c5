/** Which states may follow which. */
export type Transitions = Readonly<Record<string, readonly string[]>>;

export interface StatesPage {
  readonly title: string;
  /** The file that the table is made from. */
  readonly source: string;
  /** What a reader must know beside the arrows. */
  readonly about: string;
  readonly transitions: Transitions;
}

/** A mermaid name for a state; `-` would be read as part of an arrow. */
const nodeOf = (state: string): string => state.replaceAll("-", "_");

/** States that nothing leads to: where an object begins. */
const beginnings = (transitions: Transitions): readonly string[] => {
  const reached = new Set(Object.values(transitions).flat());
  return Object.keys(transitions).filter((state) => !reached.has(state));
};

/** `docs/reference/…-states.md`: a state machine as a diagram and as a table. */
export function statesPage({ title, source, about, transitions }: StatesPage): string {
  const states = Object.entries(transitions);
  return [
    `# ${title}`,
    "",
    `Made from \`${source}\` by \`npm run docs\`; a test compares it. ${about}`,
    "",
    "```mermaid",
    "stateDiagram-v2",
    ...states.map(([state]) => `  state "${state}" as ${nodeOf(state)}`),
    ...beginnings(transitions).map((state) => `  [*] --> ${nodeOf(state)}`),
    ...states.flatMap(([state, next]) => next.map((to) => `  ${nodeOf(state)} --> ${nodeOf(to)}`)),
    ...states.filter(([, next]) => next.length === 0).map(([state]) => `  ${nodeOf(state)} --> [*]`),
    "```",
    "",
    "| state | may become |",
    "|---|---|",
    ...states.map(([state, next]) => `| \`${state}\` | ${next.map((to) => `\`${to}\``).join(", ") || "nothing: final"} |`),
    "",
  ].join("\n");
}
