/** Always quoted, quotes doubled: no name can end its own quoting. NUL ends texts in C and is dropped by no one else. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll("\0", "").replaceAll('"', '""')}"`;
}
