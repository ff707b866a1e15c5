import Type from "typebox";

/** Six digits of an authenticator app. */
export const code = Type.String({ pattern: "^\\d{6}$" });

const bytes = (most: number) => Type.String({ minLength: 1, maxLength: most, pattern: "^[A-Za-z0-9_-]*$" });
const credentialId = bytes(1400);

// What a browser's `toJSON()` holds besides is the browser's own: these objects are open, and only what is named here is read.

/** A browser's answer to `navigator.credentials.get()`. */
export const assertion = Type.Object({
  id: credentialId,
  rawId: credentialId,
  response: Type.Object({ clientDataJSON: bytes(8192), authenticatorData: bytes(8192), signature: bytes(8192) }),
});

/** A browser's answer to `navigator.credentials.create()`. */
export const newCredential = Type.Object({
  id: credentialId,
  rawId: credentialId,
  response: Type.Object({
    clientDataJSON: bytes(8192),
    attestationObject: bytes(65_536),
    transports: Type.Optional(Type.Array(Type.String({ pattern: "^[a-z-]{1,20}$" }), { maxItems: 8 })),
  }),
});

/** Options as the browser takes them; their fields are WebAuthn's. */
export const publicKeyOptions = Type.Object({ challenge: Type.String() });
