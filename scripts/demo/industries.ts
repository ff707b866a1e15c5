/** One industry of GB/T 4754-2017 (code and name), with what its enterprises are like. */
export interface Industry {
  readonly label: string;
  /** The word in an enterprise's name. */
  readonly word: string;
  readonly weight: number;
  /** Median employees of an enterprise. */
  readonly employees: number;
  /** Median yearly tax per employee in yuan. */
  readonly taxPerEmployee: number;
}

function industry(label: string, word: string, weight: number, employees: number, taxPerEmployee: number): Industry {
  return { label, word, weight, employees, taxPerEmployee };
}

/** The industry of the one enterprise that dominates its county. */
export const steel = industry("C31黑色金属冶炼和压延加工业", "钢铁", 20, 85, 12000);

export const industries: readonly Industry[] = [
  industry("A01农业", "农业", 60, 8, 600),
  industry("A03畜牧业", "牧业", 40, 9, 700),
  industry("B08黑色金属矿采选业", "矿业", 12, 40, 15000),
  industry("C13农副食品加工业", "食品", 45, 18, 4200),
  industry("C15酒、饮料和精制茶制造业", "酒业", 10, 25, 11000),
  industry("C17纺织业", "纺织", 40, 22, 3800),
  industry("C19皮革、毛皮、羽毛及其制品和制鞋业", "皮革", 30, 16, 3500),
  industry("C21家具制造业", "家具", 30, 18, 4100),
  industry("C26化学原料和化学制品制造业", "化工", 35, 30, 9800),
  industry("C27医药制造业", "药业", 12, 60, 18000),
  industry("C29橡胶和塑料制品业", "橡塑", 45, 16, 4600),
  industry("C30非金属矿物制品业", "建材", 55, 20, 5200),
  steel,
  industry("C33金属制品业", "金属制品", 90, 15, 5000),
  industry("C34通用设备制造业", "机械", 60, 16, 6100),
  industry("C36汽车制造业", "汽车部件", 25, 40, 8200),
  industry("C38电气机械和器材制造业", "电气", 40, 20, 6900),
  industry("D44电力、热力生产和供应业", "热力", 14, 35, 14000),
  industry("E47房屋建筑业", "建筑", 60, 30, 5200),
  industry("E50建筑装饰、装修和其他建筑业", "装饰", 50, 8, 4300),
  industry("F51批发业", "商贸", 260, 5, 6800),
  industry("F52零售业", "百货", 300, 4, 2900),
  industry("G54道路运输业", "物流", 110, 10, 4400),
  industry("H62餐饮业", "餐饮", 90, 8, 1800),
  industry("I65软件和信息技术服务业", "软件", 60, 9, 8800),
  industry("K70房地产业", "置业", 40, 15, 21000),
  industry("L72商务服务业", "商务", 110, 6, 5100),
  industry("M75科技推广和应用服务业", "科技", 110, 6, 5600),
  industry("O81机动车、电子产品和日用产品修理业", "汽修", 50, 5, 2300),
  industry("R90娱乐业", "文化", 20, 6, 2500),
];

/** Two characters as of a firm's own name. */
export const brandCharacters = "鑫源恒泰瑞丰宏达华盛兴隆昌信诚安顺永利通康德嘉美佳润博远";
