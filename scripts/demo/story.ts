import type { WriteStream } from "node:tty";

/** Prints the demo's steps; anything that lasts shows that it goes on. */
export class Story {
  readonly timings: Record<string, number> = {};
  readonly #out: NodeJS.WriteStream | WriteStream;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  chapter(title: string): void {
    this.#out.write(`\n${title}\n`);
  }

  line(text = ""): void {
    this.#out.write(`  ${text}\n`);
  }

  /** Runs one step; its line shows the seconds as they pass, and what came of it at the end. */
  async step<T>(
    name: string,
    text: string,
    task: (progress: (note: string) => void) => Promise<T>,
    outcome: (value: T) => string,
  ): Promise<T> {
    const began = performance.now();
    let note = "";
    const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
    const redraw = () => {
      if (this.#out.isTTY) this.#out.write(`\r  … ${text} ${note} ${seconds()} s `);
    };
    let spoken = 0;
    const ticker = setInterval(() => {
      redraw();
      // Where there is no terminal to redraw, a line every five seconds shows the same.
      if (!this.#out.isTTY && performance.now() - began > (spoken + 1) * 5000) {
        spoken++;
        this.line(`… ${text} ${note} ${seconds()} s`);
      }
    }, 250);
    try {
      const value = await task((said) => {
        note = said;
      });
      this.timings[name] = Math.round(performance.now() - began);
      if (this.#out.isTTY) this.#out.write("\r\u001b[K");
      this.line(`✓ ${text}: ${outcome(value)} (${seconds()} s)`);
      return value;
    } catch (error) {
      if (this.#out.isTTY) this.#out.write("\r\u001b[K");
      this.line(`✗ ${text} (${seconds()} s)`);
      throw error;
    } finally {
      clearInterval(ticker);
    }
  }

  table(columns: readonly string[], rows: readonly (readonly unknown[])[], most = 12): void {
    const text = [columns, ...rows.slice(0, most).map((row) => row.map((cell) => (cell === null ? "·" : String(cell))))];
    const widths = columns.map((_, index) => Math.max(...text.map((row) => displayWidth(row[index] ?? ""))));
    for (const [index, row] of text.entries()) {
      this.line(`  ${row.map((cell, at) => pad(cell, widths[at] ?? 0)).join("  ")}`);
      if (index === 0) this.line(`  ${widths.map((width) => "─".repeat(width)).join("  ")}`);
    }
    if (rows.length > most) this.line(`  … ${rows.length - most} more rows`);
  }
}

/** Columns a text takes on a terminal: a Han character takes two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(character)
      ? 2
      : 1;
  return width;
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}
