import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { adoptDataFolder } from "../../src/cluster/index.ts";
import { openTestStore } from "../support/store.ts";

const base = await openTestStore(t);
const nameFile = (folder: string) => join(folder, "folder-name");
const folder = async (name: string): Promise<string> => {
  const path = join(base.dataDir, name);
  await mkdir(path);
  return path;
};
const adopt = (dataDir: string) => adoptDataFolder({ ...base, dataDir });

t.test("a name that a crash left without its row is taken up, unless keys were made under it", async (t) => {
  const used = await folder("used");
  await writeFile(nameFile(used), "fol_of_another\n");
  await mkdir(join(used, "keystore"));
  await t.rejects(adopt(used), { code: "CLUSTER_FOLDER_OTHER", message: /another database.*--data-dir/ });
  await rm(join(used, "keystore"), { recursive: true });
  await adopt(used);
  t.match(await base.store.db.selectFrom("data_folder").select("id").execute(), [{ id: "fol_of_another" }]);
  await adopt(used);
});

t.test("once a folder is adopted, no other one serves", async (t) => {
  await t.rejects(adopt(await folder("new")), { code: "CLUSTER_FOLDER_NEW", message: /share.*--data-dir/ });
  await t.rejects(readFile(nameFile(join(base.dataDir, "new"))), { code: "ENOENT" }, "and nothing is made in it");
  const other = await folder("other");
  await writeFile(nameFile(other), "fol_else\n");
  await t.rejects(adopt(other), { code: "CLUSTER_FOLDER_OTHER", message: /DATABASE_URL/ });
});

t.test("an empty database and an empty folder are tied at the first start, with an event", async (t) => {
  const fresh = await openTestStore(t);
  await adoptDataFolder(fresh);
  const name = (await readFile(nameFile(fresh.dataDir), "utf8")).trim();
  t.match(name, /^fol_/);
  t.match(await fresh.store.db.selectFrom("data_folder").select("id").execute(), [{ id: name }]);
  const rows = await fresh.store.db.selectFrom("audit_event").select("leaf").execute();
  t.match(JSON.parse(rows[0]?.leaf.toString() ?? ""), { type: "data-folder.adopted", object: name });
});
