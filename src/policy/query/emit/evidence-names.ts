/** Suffix of the evidence columns of the second, third … owner expression. */
export function evidencePrefix(figure: string, ownerIndex: number): string {
  return ownerIndex === 0 ? figure : `${figure}_o${ownerIndex + 1}`;
}
