export { type Catalog, createCatalog } from "./catalog.ts";
export { type ColumnType, parseColumnType } from "./column-type.ts";
export type { ColumnDeclaration, SubjectDeclaration } from "./declaration.ts";
export { type CatalogEvent, catalogEvents } from "./events.ts";
export { type Grade, isGrade, mayBeAuthorised } from "./grade.ts";
export { parsePlainText } from "./plain-text.ts";
export type { CatalogRefusalCode } from "./refusals.ts";
export type { ResourceView, VersionView } from "./resources.ts";
export { checkTableName } from "./sql-name.ts";
