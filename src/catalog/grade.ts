/** Grades from open to most protected: public, then GB/T 43697-2024 一般数据 1–4, 重要数据, 核心数据. */
export const grades = ["public", "general-1", "general-2", "general-3", "general-4", "important", "core"] as const;

export type Grade = (typeof grades)[number];

export function isGrade(text: string): text is Grade {
  return grades.some((grade) => grade === text);
}

/** Whether `grade` asks for more protection than `other`. */
export function isAbove(grade: Grade, other: Grade): boolean {
  return grades.indexOf(grade) > grades.indexOf(other);
}

/** 核心数据 is never authorised (Art. 11). */
export function mayBeAuthorised(grade: Grade): boolean {
  return grade !== "core";
}
