import {
  bool,
  Column,
  columnFromValues,
  type DataType,
  dateDay,
  decimal,
  float32,
  float64,
  int,
  int32,
  int64,
  TimeUnit,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from "@uwdata/flechette";
import type { Content } from "../content.ts";
import type { ColumnForm } from "./column-form.ts";
import { type TypedColumn, typedColumns } from "./typed-columns.ts";

const asWritten = (type: DataType) => ({ written: type, built: type });

/** The type a column is written as, and the one its values are built as. */
function types(form: ColumnForm): { readonly written: DataType; readonly built: DataType } {
  switch (form.kind) {
    case "boolean":
      return asWritten(bool());
    case "float":
      return asWritten(float32());
    case "double":
      return asWritten(float64());
    case "date":
      return { written: dateDay(), built: int32() };
    case "timestamp":
      // The builders of dates take milliseconds as doubles, which lose microseconds.
      return { written: timestamp(TimeUnit.MICROSECOND), built: int64() };
    case "text":
      return asWritten(utf8());
    case "integer":
      return asWritten(int(form.bits, form.signed));
    case "decimal":
      return asWritten(decimal(form.precision, form.scale, 128));
  }
}

function columnOf({ form, values }: TypedColumn): Column<unknown> {
  const { written, built } = types(form);
  return new Column([...columnFromValues(values, built).data], written);
}

/**
 * A result as an Arrow IPC stream: one record batch, or none where there is no row. The same content gives
 * the same bytes; the schema has names, types and no metadata.
 */
export function toArrow(content: Content): Uint8Array {
  const columns = typedColumns(content).map((column) => [column.name, columnOf(column)] as [string, Column<unknown>]);
  // Null only for a sink of one's own.
  return tableToIPC(tableFromColumns(columns), { format: "stream" }) as Uint8Array;
}
