import { parquetWriteBuffer, type SchemaElement } from "hyparquet-writer";
import type { Content } from "../content.ts";
import type { ColumnForm } from "./column-form.ts";
import { type TypedColumn, typedColumns } from "./typed-columns.ts";

type Physical = Pick<SchemaElement, "type" | "type_length" | "converted_type" | "logical_type" | "precision" | "scale">;

function physical(form: ColumnForm): Physical {
  switch (form.kind) {
    case "boolean":
      return { type: "BOOLEAN" };
    case "float":
      return { type: "FLOAT" };
    case "double":
      return { type: "DOUBLE" };
    case "date":
      return { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } };
    case "timestamp":
      // No converted type: TIMESTAMP_MICROS would say that these are instants of UTC, and they are local.
      return { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" } };
    case "text":
      return { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
    case "integer":
      // The library writes the logical type's width in a way that other readers take for a broken file.
      return { type: form.bits === 64 ? "INT64" : "INT32", converted_type: `${form.signed ? "INT" : "UINT"}_${form.bits}` };
    case "decimal":
      return {
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: 16,
        converted_type: "DECIMAL",
        logical_type: { type: "DECIMAL", precision: form.precision, scale: form.scale },
        precision: form.precision,
        scale: form.scale,
      };
  }
}

/** Columns of which no two are named alike: Parquet finds one by its name, so of `n`, `n` the second becomes `n_2`. */
function toldApart(columns: readonly TypedColumn[]): readonly TypedColumn[] {
  const given = new Set(columns.map(({ name }) => name));
  const taken = new Set<string>();
  return columns.map((column) => {
    let { name } = column;
    for (let at = 2; taken.has(name); at += 1) {
      const next = `${column.name}_${at}`;
      if (!given.has(next)) name = next;
    }
    taken.add(name);
    return { ...column, name };
  });
}

/**
 * A result as a Parquet file. The same content gives the same bytes: nothing of the machine, the time or
 * the run is in it, and no statistics, which a reader could take for those of the source.
 */
export function toParquet(content: Content): Uint8Array {
  const columns = toldApart(typedColumns(content));
  const elements = columns.map(({ name, form }) => ({ name, repetition_type: "OPTIONAL" as const, ...physical(form) }));
  const file = parquetWriteBuffer({
    schema: [{ name: "root", num_children: elements.length }, ...elements],
    columnData: columns.map(({ name, values }) => ({ name, data: [...values] })),
    statistics: false,
    createdBy: "hanguang",
  });
  return new Uint8Array(file);
}
