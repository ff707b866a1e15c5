import { X509Certificate } from "node:crypto";
import { chmod, copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readCertificate } from "../../src/gateway/file-certificate.ts";
import { makeCertificate } from "../support/certificate.ts";
import { makeTestFolder } from "../support/platform.ts";
import { startTlsPlatform } from "../support/tls-platform.ts";

const platform = await startTlsPlatform(t);
const now = new Date();

t.test("with a certificate the platform is served over TLS 1.3, and browsers are told to stay there", async (t) => {
  t.match(platform.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const answer = await platform.call("GET", "/livez");
  t.match(answer, { status: 200, body: '{"live":true}', headers: { "strict-transport-security": "max-age=63072000" } });
  const socket = await platform.connect();
  t.equal(socket.getProtocol(), "TLSv1.3");
  socket.destroy();
});

t.test("a renewed certificate serves new connections, those there go on, and half a renewal changes nothing", async (t) => {
  const folder = await makeTestFolder(t);
  const fingerprint = async () => {
    const socket = await platform.connect();
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  const before = await fingerprint();
  const old = await platform.connect();
  const renewed = makeCertificate(folder, "renewed");
  const { certFile, keyFile } = platform;
  const first = { certFile: join(folder, "first.crt"), keyFile: join(folder, "first.key") };
  await copyFile(certFile, first.certFile);
  await copyFile(keyFile, first.keyFile);

  await copyFile(renewed.keyFile, keyFile);
  await platform.gateway.lookAtCertificate?.();
  t.equal(await fingerprint(), before, "a key without its certificate");
  await copyFile(renewed.certFile, certFile);
  await platform.gateway.lookAtCertificate?.();
  const after = await fingerprint();
  t.not(after, before);
  t.equal(after, new X509Certificate(await readFile(renewed.certFile)).fingerprint256);

  old.write("GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  let heard = "";
  for await (const chunk of old) heard += String(chunk);
  t.match(heard, /^HTTP\/1\.1 200 /, "the connection from before");
});

t.test("a certificate that cannot serve is refused, with the setting, the problem and what to do", async (t) => {
  const folder = await makeTestFolder(t);
  const good = makeCertificate(folder, "good");
  const other = makeCertificate(folder, "other");
  const refusal = async (files: typeof good, at = now) =>
    readCertificate(files, at).then(
      () => "accepted",
      (error: unknown) => String(error),
    );
  t.equal(await refusal(good), "accepted");
  t.match(await refusal({ ...good, certFile: join(folder, "nothing") }), /server\.tlsCertFile: .*nothing cannot be read/);
  t.match(await refusal({ ...good, keyFile: other.keyFile }), /server\.tlsKeyFile: .*is not the key of the certificate/);
  t.match(await refusal(good, new Date(now.getTime() + 3 * 86_400_000)), /server\.tlsCertFile: .*expired on/);
  const text = join(folder, "text.pem");
  await writeFile(text, "no PEM", { mode: 0o600 });
  t.match(await refusal({ ...good, certFile: text }), /server\.tlsCertFile: .*holds no certificate in PEM/);
  t.match(await refusal({ ...good, keyFile: text }), /server\.tlsKeyFile: .*holds no unencrypted private key in PEM/);
  for (const mode of [0o644, 0o604, 0o660]) {
    await chmod(good.keyFile, mode);
    t.match(await refusal(good), /server\.tlsKeyFile: .*open to others on this machine\. Close it: chmod 0600/, mode.toString(8));
  }
  await chmod(good.keyFile, 0o640);
  t.equal(await refusal(good), "accepted", "a group may read it");
});
