import Value from "typebox/value";
import { type Config, configSchema } from "./config-schema.ts";
import { KernelError } from "./errors.ts";

/** One setting as a flat line: for overrides and for the reference page. */
export interface SettingDescription {
  readonly path: string;
  readonly environment: string;
  readonly type: string;
  readonly unit: string;
  readonly meaning: string;
  readonly example: string;
  readonly range: string;
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

/** Every setting, in the schema's order. */
export function describeSettings(): readonly SettingDescription[] {
  return Array.from(leaves(), ([section, key, leaf]) => ({
    path: `${section}.${key}`,
    environment: environmentName(`${section}.${key}`),
    type: leaf.type ?? "choice",
    unit: leaf.unit,
    meaning: leaf.description,
    example: String(leaf.examples[0]),
    range: rangeOf(leaf),
  }));
}

function fromText(leaf: LeafSchema, text: string): unknown {
  if (leaf.type === "integer" && /^-?\d+$/.test(text)) return Number(text);
  if (leaf.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
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
  if (!Value.Check(leaf, value)) {
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
  return Value.Parse(configSchema, tree);
}

function unknownPath(tree: Tree): string | undefined {
  for (const [section, part] of Object.entries(tree)) {
    const properties = sections[section]?.properties;
    if (properties === undefined) return section;
    if (isTree(part)) for (const key of Object.keys(part)) if (properties[key] === undefined) return `${section}.${key}`;
  }
  return undefined;
}
