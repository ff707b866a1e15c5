/** One county-level division of Hebei: GB/T 2260 code, name, residents in units of ten thousand (rounded). */
export interface County {
  readonly code: string;
  readonly name: string;
  readonly city: string;
  readonly weight: number;
  /** A district (市辖区): streets instead of townships, higher incomes. */
  readonly urban: boolean;
}

// Name and residents by the last four digits of the code; a code's first four name the city.
const byCity: readonly (readonly [prefix: string, city: string, counties: string])[] = [
  [
    "1301",
    "石家庄市",
    "02长安区90 04桥西区98 05新华区86 07井陉矿区9 08裕华区85 09藁城区78 10鹿泉区55 11栾城区42 21井陉县26 23正定县56 25行唐县36 26灵寿县29 27高邑县18 28深泽县22 29赞皇县22 30无极县46 31平山县44 32元氏县38 33赵县50 81辛集市59 83晋州市48 84新乐市46",
  ],
  [
    "1302",
    "唐山市",
    "02路南区45 03路北区98 04古冶区32 05开平区28 07丰南区60 08丰润区84 09曹妃甸区35 24滦南县50 25乐亭县46 27迁西县36 29玉田县65 81遵化市70 83迁安市77 84滦州市51",
  ],
  ["1303", "秦皇岛市", "02海港区103 03山海关区16 04北戴河区13 06抚宁区29 21青龙满族自治县43 22昌黎县50 24卢龙县35"],
  [
    "1304",
    "邯郸市",
    "02邯山区68 03丛台区76 04复兴区37 06峰峰矿区46 07肥乡区35 08永年区87 23临漳县60 24成安县38 25大名县64 26涉县37 27磁县47 30邱县21 31鸡泽县26 32广平县27 33馆陶县31 34魏县77 35曲周县42 81武安市82",
  ],
  [
    "1305",
    "邢台市",
    "02襄都区57 03信都区72 05任泽区32 06南和区31 22临城县19 23内丘县25 24柏乡县18 25隆尧县47 28宁晋县76 29巨鹿县36 30新河县16 31广宗县27 32平乡县30 33威县53 34清河县41 35临西县34 81南宫市43 82沙河市47",
  ],
  [
    "1306",
    "保定市",
    "02竞秀区62 06莲池区78 07满城区39 08清苑区58 09徐水区59 23涞水县33 24阜平县20 26定兴县52 27唐县48 28高阳县37 29容城县27 30涞源县24 31望都县24 32安新县39 33易县51 34曲阳县52 35蠡县48 36顺平县28 37博野县22 38雄县42 81涿州市67 82定州市110 83安国市37 84高碑店市56",
  ],
  [
    "1307",
    "张家口市",
    "02桥东区44 03桥西区33 05宣化区56 06下花园区6 08万全区21 09崇礼区11 22张北县31 23康保县16 24沽源县17 25尚义县12 26蔚县40 27阳原县20 28怀安县18 30怀来县37 31涿鹿县30 32赤城县22",
  ],
  [
    "1308",
    "承德市",
    "02双桥区47 03双滦区19 04鹰手营子矿区6 21承德县35 22兴隆县28 24滦平县28 25隆化县35 26丰宁满族自治县35 27宽城满族自治县24 28围场满族蒙古族自治县42 81平泉市39",
  ],
  [
    "1309",
    "沧州市",
    "02新华区34 03运河区49 21沧县66 22青县42 23东光县35 24海兴县20 25盐山县42 26肃宁县34 27南皮县36 28吴桥县25 29献县58 30孟村回族自治县22 81泊头市56 82任丘市82 83黄骅市55 84河间市79",
  ],
  [
    "1310",
    "廊坊市",
    "02安次区37 03广阳区60 22固安县61 23永清县38 24香河县45 25大城县49 26文安县55 28大厂回族自治县18 81霸州市77 82三河市97",
  ],
  [
    "1311",
    "衡水市",
    "02桃城区76 03冀州区33 21枣强县36 22武邑县28 23武强县20 24饶阳县26 25安平县34 26故城县46 27景县49 28阜城县31 82深州市51",
  ],
];

/** The 167 county-level divisions of Hebei, in the order of their codes. */
export const hebeiCounties: readonly County[] = byCity.flatMap(([prefix, city, counties]) =>
  counties.split(" ").map((entry) => parseCounty(prefix, city, entry)),
);

/** What stands in a county column: code and name, for two districts are called 桥西区 and two 新华区. */
export function countyLabel(county: County): string {
  return county.code + county.name;
}

function parseCounty(prefix: string, city: string, entry: string): County {
  const [, place, name, weight] = /^(\d{2})(\D+)(\d+)$/.exec(entry) ?? [];
  if (place === undefined || name === undefined || weight === undefined) throw new RangeError(`not a county: ${entry}`);
  return { code: prefix + place, name, city, weight: Number(weight), urban: name.endsWith("区") };
}
