import type { County } from "./hebei-counties.ts";
import { createSeededRandom } from "./random.ts";

/** Where in a county people live. Villages are so small that every table of them must be suppressed. */
export interface Settlements {
  readonly townships: readonly string[];
  readonly weights: readonly number[];
  readonly tinyVillages: readonly { readonly name: string; readonly residents: number }[];
}

const heads = "东西南北大小上下中前后新老高平长";
const cores = "庄杨李王赵张马刘石白柳榆槐桥河店营寨堡城楼台沟坡岭泉井塔寺庙关口屯";
const villageCores = "沟峪崖岭台坡湾洼梁坨";

/** The settlements of a county, at most a tenth of its residents in tiny villages of 1 to 9 people. */
export function makeSettlements(seed: string, county: County, residents: number): Settlements {
  const random = createSeededRandom(seed, `settlements ${county.code}`);
  const draw = (characters: string) => characters.charAt(random.below(characters.length));
  const townships = new Set<string>();
  const wanted = 10 + random.below(12);
  while (townships.size < wanted) {
    const kind = county.urban ? "街道" : random.unit() < 0.6 ? "镇" : "乡";
    townships.add((random.unit() < 0.5 ? draw(heads) : "") + draw(cores) + draw(cores) + kind);
  }
  const names = [...townships];
  const weights = names.map((_, rank) => 1 / (rank + 1) ** 0.6);
  const tinyVillages: { name: string; residents: number }[] = [];
  let room = Math.floor(residents / 10);
  for (let left = county.urban ? 1 : 3; left > 0 && room > 0; left--) {
    const inhabitants = Math.min(1 + random.below(9), room);
    const name = `${random.pick(names)}${draw(heads)}${draw(villageCores)}村`;
    if (tinyVillages.some((village) => village.name === name)) continue;
    tinyVillages.push({ name, residents: inhabitants });
    room -= inhabitants;
  }
  return { townships: names, weights, tinyVillages };
}
