import Type from "typebox";
import { closed, idText } from "../shapes.ts";
import { publicKeyOptions } from "../webauthn-shapes.ts";

export const factorKind = Type.Enum(["totp", "webauthn"]);
export const recoveryCodes = Type.Array(Type.String(), { description: "Shown once; each works once." });

export const factorView = closed(
  {
    id: idText,
    kind: factorKind,
    label: Type.String(),
    enrolledAt: Type.String({ format: "date-time" }),
    lastUsedAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
  },
  { title: "Factor" },
);

const begun = { id: idText, expiresAt: Type.String({ format: "date-time" }) };

export const enrolmentStarted = Type.Union([
  closed({
    ...begun,
    kind: Type.Literal("totp"),
    secret: Type.String({ description: "Base 32, to be typed." }),
    uri: Type.String({ description: "To be shown as a QR code." }),
  }),
  closed({ ...begun, kind: Type.Literal("webauthn"), publicKey: publicKeyOptions }),
]);

export const enrolled = closed({ id: idText, kind: factorKind, recoveryCodes: Type.Optional(recoveryCodes) });
