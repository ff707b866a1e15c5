import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, type Environment, KernelError, loadConfig } from "../kernel/index.ts";

/** Variables of this prefix that steer the process itself and are no settings. */
const otherVariables = new Set(["HANGUANG_LOG_KEY", "HANGUANG_TOKEN"]);

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new KernelError(
      "KERNEL_CONFIG_INVALID",
      `The settings file ${path} cannot be read. Check the path given by --config.`,
      { cause },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KernelError(
      "KERNEL_CONFIG_INVALID",
      `The settings file ${path} is not JSON. A valid example: {"server":{"port":7310}}.`,
      { cause },
    );
  }
}

/** Shipped defaults, then the file, then the environment. Throws `KERNEL_CONFIG_INVALID`. */
export async function readConfig(configFile: string | undefined, environment: Environment): Promise<Config> {
  const shipped = join(import.meta.dirname, "../../config/default.json");
  const layers = [await readJson(shipped), ...(configFile === undefined ? [] : [await readJson(configFile)])];
  const settings = Object.fromEntries(Object.entries(environment).filter(([name]) => !otherVariables.has(name)));
  return loadConfig(layers, settings);
}
