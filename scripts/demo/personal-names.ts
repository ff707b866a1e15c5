import type { SeededRandom } from "./random.ts";
import { createWeightedChoice } from "./weighted.ts";

export type Sex = "M" | "F";

// Surname and its share among ten thousand people of northern China, roughly.
// biome-ignore format: a table reads better in rows
const surnames: readonly (readonly [string, number])[] = [
  ["张", 890], ["王", 860], ["李", 830], ["刘", 720], ["赵", 430], ["杨", 290], ["孙", 260], ["陈", 230], ["马", 220], ["高", 210],
  ["郭", 180], ["韩", 160], ["宋", 140], ["崔", 120], ["田", 115], ["许", 110], ["曹", 105], ["冯", 100], ["董", 100], ["于", 95],
  ["梁", 90], ["贾", 90], ["魏", 88], ["郝", 80], ["吴", 80], ["徐", 78], ["朱", 75], ["周", 75], ["史", 70], ["任", 70],
  ["石", 68], ["侯", 66], ["孟", 66], ["杜", 64], ["范", 62], ["胡", 60], ["康", 55], ["安", 52], ["苏", 50], ["谷", 48],
  ["邢", 46], ["白", 45], ["武", 44], ["霍", 42], ["尹", 40], ["牛", 40], ["何", 38], ["林", 36], ["黄", 34], ["薛", 33],
  ["焦", 30], ["靳", 30], ["耿", 28], ["甄", 24], ["樊", 22], ["纪", 20], ["及", 6], ["欧阳", 4], ["上官", 2], ["尉迟", 1],
];

const surnameChoice = createWeightedChoice(surnames.map(([, weight]) => weight));

interface Era {
  readonly until: number;
  /** Share of given names of one character. */
  readonly single: number;
  readonly first: Readonly<Record<Sex, string>>;
  readonly second: Readonly<Record<Sex, string>>;
}

// Characters of given names by year of birth; what stands earlier in a list is drawn more often.
const eras: readonly Era[] = [
  {
    until: 1959,
    single: 0.08,
    first: { M: "建国振玉文德志永福荣贵金书万树", F: "秀桂玉淑凤兰素春金月爱翠瑞俊" },
    second: { M: "国明林山海生祥元才臣华庆成宝山", F: "英兰珍芬荣花琴梅枝芳云香莲芝" },
  },
  {
    until: 1979,
    single: 0.22,
    first: { M: "建志国文永海卫红保军立新学春", F: "丽秀艳红淑玉春桂晓凤小海建俊" },
    second: { M: "军国强华伟平民东明峰生林刚辉", F: "华霞丽芳娟梅敏红英玲萍静燕云" },
  },
  {
    until: 1999,
    single: 0.4,
    first: { M: "晓志建海鹏少亚立永文俊宏云泽", F: "晓雪丽亚婷静海梦佳思雅艳文慧" },
    second: { M: "伟超磊鹏强飞辉涛龙杰凯宇明帅", F: "静丽娜婷敏倩颖雪莹丹杰妍萌慧" },
  },
  {
    until: 2099,
    single: 0.12,
    first: { M: "子浩宇梓俊一沐奕铭泽嘉雨天博", F: "子梓欣雨一诗可思佳梦语若沐雅" },
    second: { M: "轩涵宇睿泽辰豪航然博阳晨熙霖", F: "涵萱怡彤琪妍瑶诺桐琳悦彤宁汐" },
  },
];

/** A full name as common as its surname, in the fashion of the year of birth. */
export function drawPersonalName(random: SeededRandom, sex: Sex, birthYear: number): string {
  const surname = surnames[surnameChoice.draw(random)]?.[0] ?? "张";
  const era = eras.find(({ until }) => birthYear <= until) ?? eraOfToday();
  const second = drawCharacter(random, era.second[sex]);
  return random.unit() < era.single ? surname + second : surname + drawCharacter(random, era.first[sex]) + second;
}

function drawCharacter(random: SeededRandom, characters: string): string {
  // The product of two even draws leans to the front of the list.
  return characters.charAt(Math.floor(random.unit() * random.unit() * characters.length));
}

function eraOfToday(): Era {
  throw new RangeError("a year of birth beyond the last era");
}
