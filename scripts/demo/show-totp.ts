import { Authenticator } from "./authenticator.ts";

/** `npm run --silent totp -- SECRET`: the code of this half minute, as an authenticator app would show it. */
const [secret = ""] = process.argv.slice(2);
if (/^[A-Z2-7]{16,}$/.test(secret)) console.log(await new Authenticator(secret).code());
else {
  process.stderr.write("Give the secret as it was shown at the enrolment (base 32): npm run --silent totp -- SECRET\n");
  process.exitCode = 2;
}
