import type { FastifyBaseLogger } from "fastify";
import { type Certificate, type CertificateFiles, readCertificate } from "./file-certificate.ts";

/** The certificate of a gateway, and its renewals. */
export interface FollowedCertificate {
  readonly current: Certificate;
  /** Gives `renew` whatever takes its place in the files, until `stop`. */
  follow(renew: (certificate: Certificate) => void): { look(): Promise<void>; stop(): void };
}

/** Whoever renews certificates writes two files, one after the other, and tells nobody. */
const lookEveryMs = 30_000;

/** Reads the files; what cannot serve throws at start, and later leaves the one that serves in its place. */
export async function openCertificate(options: {
  readonly files: CertificateFiles;
  readonly log: FastifyBaseLogger;
}): Promise<FollowedCertificate> {
  const { files, log } = options;
  // The machine's clock, as TLS itself asks it.
  const read = () => readCertificate(files, new Date());
  let current = await read();
  return {
    get current() {
      return current;
    },
    follow: (renew) => {
      const look = async (): Promise<void> => {
        const found = await read();
        if (found.cert === current.cert && found.key === current.key) return;
        renew(found);
        current = found;
        log.info("new connections get the renewed certificate");
      };
      const lookAgain = () => look().catch((error: unknown) => log.warn({ err: error }, "the certificate stays as it is"));
      const timer = setInterval(lookAgain, lookEveryMs);
      timer.unref();
      return { look: lookAgain, stop: () => clearInterval(timer) };
    },
  };
}
