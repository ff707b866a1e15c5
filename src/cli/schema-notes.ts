/** One place of a schema file, to say something of. */
export interface Entry {
  /** An error: the file cannot be used. */
  bad(what: string): void;
  /** Something that is ignored, and could not have loosened anything. */
  note(what: string): void;
  /** The value, or its field `name`, as an object; says what is wrong where it is none, and which fields it should not have. */
  record(
    value: unknown,
    known: readonly string[] | undefined,
    example: string,
    name?: string,
  ): Readonly<Record<string, unknown>> | undefined;
}

/** Everything there is to say of a schema file, in the order in which it is read. */
export interface Notes {
  at(table?: string, column?: string): Entry;
  /** Names that the engine would read as one. */
  checkTwice(table: string | undefined, names: readonly string[]): void;
  readonly errors: readonly string[];
  readonly remarks: readonly string[];
}

/** As DuckDB matches names: ASCII letters without case. */
export const fold = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

export function createNotes(): Notes {
  const errors: string[] = [];
  const remarks: string[] = [];
  const at = (table?: string, column?: string): Entry => {
    const place = [
      ...(table === undefined ? [] : [`table ${JSON.stringify(table)}`]),
      ...(column === undefined ? [] : [`column ${JSON.stringify(column)}`]),
    ].join(", ");
    const say = (list: string[], what: string): void => void list.push(place === "" ? what : `${place}: ${what}`);
    return {
      bad: (what) => say(errors, what),
      note: (what) => say(remarks, what),
      record(value, known, example, name) {
        const called = name === undefined ? "" : `${JSON.stringify(name)} `;
        if (typeof value !== "object" || value === null || Array.isArray(value)) {
          say(errors, `${called}${value === undefined ? "is missing" : "is no object"}; accepted: ${example}`);
          return undefined;
        }
        const fields = value as Readonly<Record<string, unknown>>;
        for (const field of known === undefined ? [] : Object.keys(fields).filter((one) => !known.includes(one)))
          say(remarks, `${called}${JSON.stringify(field)} is no field here and is ignored; known: ${known?.join(", ")}`);
        return fields;
      },
    };
  };
  return {
    at,
    errors,
    remarks,
    checkTwice(table, names) {
      const first = new Map<string, string>();
      for (const name of names) {
        const other = first.get(fold(name));
        if (other === undefined) first.set(fold(name), name);
        else at(table).bad(`${JSON.stringify(other)} and ${JSON.stringify(name)} are one name to SQL`);
      }
    },
  };
}

/** Names of the engine's own catalogue and of its pseudo-columns, which would hide what the rules must see. */
const taken = /^(__|duckdb_|pg_|sqlite_|pragma_|information_schema$|(rowid|rownumber|filename|file_row_number|file_index)$)/i;

export function checkName(name: string, entry: Entry): void {
  if (!/^\P{Cc}{1,63}$/u.test(name)) entry.bad("a name has 1 to 63 visible characters");
  if (taken.test(name)) entry.bad("the name is the platform's or the engine's own; take another");
}
