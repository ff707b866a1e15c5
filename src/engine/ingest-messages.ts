/** A declared column of an upload. */
export interface IngestColumn {
  readonly name: string;
  readonly type: string;
  readonly role: string;
  readonly nullable: boolean;
}

export interface IngestSubject {
  readonly kind: string;
  readonly column: string;
  /** At most one row per owner: a second is refused. */
  readonly unique: boolean;
}

/** How the bytes of a file are to be read; whoever hands it in says so, nothing is guessed. */
export type FileFormat = CsvFormat | { readonly kind: "parquet" };

export interface CsvFormat {
  readonly kind: "csv";
  readonly charset: "utf-8" | "gb18030";
}

export interface IngestLimits {
  readonly maxBytes: number;
  /** Rows of the whole version, those it is appended to included. */
  readonly maxRows: number;
  readonly maxColumns: number;
  readonly maxLineBytes: number;
  readonly maxFieldBytes: number;
  /** A Parquet file is held in memory while it is read. */
  readonly maxParquetBytes: number;
  readonly maxRowGroups: number;
  /** A Parquet file unpacks to at most so many times its bytes. */
  readonly maxExpansion: number;
  /** Bytes at the beginning of a file that a sample takes; all of a Parquet file, which may have no more. */
  readonly maxSampleBytes: number;
  readonly timeoutMs: number;
}

/** Why a file was refused, for the source unit that sent it. Reasons name rules, never values. */
export type IngestRefusalCode =
  | "CATALOG_FILE_ENCODING"
  | "CATALOG_FILE_HEADER"
  | "CATALOG_FILE_ROW"
  | "CATALOG_FILE_VALUE"
  | "CATALOG_FILE_NULL"
  | "CATALOG_FILE_NOT_UNIQUE"
  | "CATALOG_FILE_LIMIT"
  | "CATALOG_FILE_TIMEOUT"
  /** The process that read the file died of it, or sent nonsense. */
  | "CATALOG_FILE_UNREADABLE"
  /** The sender broke off. */
  | "CATALOG_FILE_INCOMPLETE"
  | "CATALOG_DISK_FULL";

/** One thing wrong with a file: place and rule, never a value. */
export interface IngestProblem {
  readonly code: IngestRefusalCode;
  /** 1-based line of the file; the header is line 1. */
  readonly line?: number | undefined;
  /** 1-based row, where the file has no lines. */
  readonly row?: number | undefined;
  readonly column?: string | undefined;
  readonly reason: string;
}

export interface IngestRefused extends IngestProblem {
  readonly kind: "refused";
}

export interface ColumnProfile {
  readonly nulls: number;
  /** Distinct values: exact up to about 10,000, an estimate (HyperLogLog, some percent) beyond. */
  readonly distinct: number;
  /** Measures of a numeric type: greatest |value| as exact decimal text; absent where all are NULL. */
  readonly greatestAbs?: string | undefined;
}

/** Statistics of one load; protected, never shown as they are. */
export interface Profile {
  readonly rows: number;
  /** Distinct owners per kind, over all key columns of that kind. */
  readonly owners: Readonly<Record<string, number>>;
  /** Upper bound of the rows one owner of the kind stands in. */
  readonly greatestRowsPerOwner: Readonly<Record<string, number>>;
  readonly columns: Readonly<Record<string, ColumnProfile>>;
}

export interface IngestCommand {
  /** `check` keeps nothing and goes on after a problem; `sample` knows no declaration. */
  readonly task: "load" | "check" | "sample";
  readonly maxProblems: number;
  readonly format: FileFormat;
  readonly columns: readonly IngestColumn[];
  readonly subjects: readonly IngestSubject[];
  /** Sets of columns, none of them NULL, that no two rows have the same values in. */
  readonly keys: readonly (readonly string[])[];
  readonly limits: IngestLimits;
  /** The version appended to: its Parquet files in row order, and their rows. */
  readonly base: { readonly files: readonly string[]; readonly rows: number };
  /** Folder for Parquet files, and one for blocks on their way. */
  readonly output: string;
  readonly temporary: string;
  readonly blockBytes: number;
  readonly memoryBytes: number;
  readonly threads: number;
}

export interface IngestDone {
  readonly kind: "ingested";
  /** File names in the output folder, in row order. */
  readonly files: readonly string[];
  readonly profile: Profile;
}

export interface IngestChecked {
  readonly kind: "checked";
  /** Rows read, those with problems included. */
  readonly rows: number;
  readonly problems: readonly IngestProblem[];
  /** Of the version that would have been made; only where there is no problem. */
  readonly profile?: Profile | undefined;
}
