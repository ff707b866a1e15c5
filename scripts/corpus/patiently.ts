import { ProblemError } from "../demo/api-client.ts";

const pauseMs = 100;
const patienceMs = 120_000;

/** Asks again while the platform says that it is busy: a limit on how much at one time is no answer about a case. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const ends = Date.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 429 || Date.now() > ends) throw error;
      await new Promise((resume) => setTimeout(resume, pauseMs));
    }
  }
}
