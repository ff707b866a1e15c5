import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A self-signed certificate for this machine with its key (mode 0600), as `docs/how-to/deploy-behind-tls.md` makes it. */
export function makeCertificate(folder: string, name = "tls", days = 2): { readonly certFile: string; readonly keyFile: string } {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", keyFile, "-out", certFile, "-days", String(days), ...subject], {
    stdio: "ignore",
  });
  return { certFile, keyFile };
}
