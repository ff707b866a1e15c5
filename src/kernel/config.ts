import Value from "typebox/value";
import { checkTransport } from "./check-transport.ts";
import { type Config, configSchema } from "./config-schema.ts";
import { KernelError } from "./errors.ts";

/** One setting as a flat line: for overrides and for the reference page. */
export interface SettingDescription {
  readonly path: string;
  /** Empty for a field of a list's entries, which has no variable of its own. */
  readonly environment: string;
  readonly type: string;
  readonly unit: string;
  readonly meaning: string;
  readonly example: string;
  readonly range: string;
  /** Fields of a list's entries: what holds where it is left out, as JSON; undefined: it must be given, or means nothing. */
  readonly whenLeftOut?: string | undefined;
  readonly fields?: readonly SettingDescription[] | undefined;
}

type Tree = { [key: string]: unknown };

interface LeafSchema {
  readonly type?: string;
  readonly unit: string;
  readonly description: string;
  readonly examples: readonly [unknown];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly { readonly const: unknown }[];
  readonly default?: unknown;
  readonly items?: { readonly properties?: Readonly<Record<string, LeafSchema>> };
}

const sections = configSchema.properties as unknown as Record<string, { readonly properties: Record<string, LeafSchema> }>;

function environmentName(path: string): string {
  return `HANGUANG_${path
    .replace(/[A-Z]/g, (c) => `_${c}`)
    .replace(".", "_")
    .toUpperCase()}`;
}

function rangeOf(leaf: LeafSchema): string {
  if (leaf.anyOf) return leaf.anyOf.map((option) => String(option.const)).join(" | ");
  if (leaf.minimum !== undefined) return `${leaf.minimum} … ${leaf.maximum}`;
  return leaf.pattern ?? "";
}

function* leaves(): Generator<[string, string, LeafSchema]> {
  for (const [section, { properties }] of Object.entries(sections))
    for (const [key, leaf] of Object.entries(properties)) yield [section, key, leaf];
}

function describe(path: string, environment: string, leaf: LeafSchema): SettingDescription {
  const example = leaf.examples[0];
  return {
    path,
    environment,
    type: leaf.type ?? "choice",
    unit: leaf.unit,
    meaning: leaf.description,
    example: typeof example === "object" ? JSON.stringify(example) : String(example),
    range: rangeOf(leaf),
    ...(leaf.default === undefined ? {} : { whenLeftOut: JSON.stringify(leaf.default) }),
  };
}

function describeEntries(path: string, leaf: LeafSchema): readonly SettingDescription[] | undefined {
  const fields = leaf.items?.properties;
  return fields && Object.entries(fields).map(([key, field]) => describe(`${path}[].${key}`, "", field));
}

/** Every setting, in the schema's order. */
export function describeSettings(): readonly SettingDescription[] {
  return Array.from(leaves(), ([section, key, leaf]) => {
    const path = `${section}.${key}`;
    return { ...describe(path, environmentName(path), leaf), fields: describeEntries(path, leaf) };
  });
}

function fromText(leaf: LeafSchema, text: string): unknown {
  if (leaf.type === "integer" && /^-?\d+$/.test(text)) return Number(text);
  if (leaf.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (leaf.type === "array") return fromJson(text);
  return text;
}

/** Text that is no JSON stays text, and is then refused for what it is. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(name: string, problem: string, example: string): KernelError {
  return new KernelError("KERNEL_CONFIG_INVALID", `Setting ${name}: ${problem}. A valid example: ${example}.`);
}

function checkLeaf(tree: Tree, section: string, key: string, leaf: LeafSchema, environment: Environment): void {
  const path = `${section}.${key}`;
  const name = environment[environmentName(path)] === undefined ? path : `${environmentName(path)} (${path})`;
  const part = tree[section];
  const value = isTree(part) ? part[key] : undefined;
  const example = JSON.stringify(leaf.examples[0]);
  if (value === undefined) throw invalid(name, "is missing", example);
  if (leaf.type === "array" && Array.isArray(value)) {
    // The entry and the field, not the whole list: it may be long.
    const [wrong] = Value.Errors(leaf, value);
    if (wrong === undefined) return;
    // What the schema calls false is a field that it does not know.
    const problem = wrong.keyword === "boolean" ? "is no field" : wrong.message;
    throw invalid(name, `${wrong.instancePath || "the list"} ${problem}`, example);
  } else if (!Value.Check(leaf, value)) {
    const range = rangeOf(leaf);
    const wanted = leaf.type ?? "one of";
    throw invalid(name, `${JSON.stringify(value)} is not accepted; it takes ${wanted} ${range}`.trim(), example);
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of one process: `layers` (first the shipped defaults) under the environment's
 * overrides. Throws `KERNEL_CONFIG_INVALID` naming the setting, the problem and a valid example.
 */
export function loadConfig(layers: readonly unknown[], environment: Environment): Config {
  let tree: Tree = {};
  for (const layer of layers) {
    if (!isTree(layer)) throw invalid("(file)", "the file does not hold a JSON object", '{"server":{"port":7310}}');
    tree = merge(tree, layer);
  }
  const known = new Set<string>();
  for (const [section, key, leaf] of leaves()) {
    const variable = environmentName(`${section}.${key}`);
    known.add(variable);
    const text = environment[variable];
    if (text !== undefined) tree = merge(tree, { [section]: { [key]: fromText(leaf, text) } });
  }
  for (const variable of Object.keys(environment))
    if (variable.startsWith("HANGUANG_") && !known.has(variable))
      throw invalid(variable, "is no setting; docs/reference/config.md lists them", "HANGUANG_SERVER_PORT=7310");
  for (const [section, key, leaf] of leaves()) checkLeaf(tree, section, key, leaf, environment);
  const unknown = unknownPath(tree);
  if (unknown !== undefined) throw invalid(unknown, "is no setting; docs/reference/config.md lists them", "server.port");
  const config = Value.Parse(configSchema, tree);
  const open = checkTransport(config);
  if (open !== undefined) throw invalid(open.setting, open.problem, open.example);
  return config;
}

function unknownPath(tree: Tree): string | undefined {
  for (const [section, part] of Object.entries(tree)) {
    const properties = sections[section]?.properties;
    if (properties === undefined) return section;
    if (isTree(part)) for (const key of Object.keys(part)) if (properties[key] === undefined) return `${section}.${key}`;
  }
  return undefined;
}
