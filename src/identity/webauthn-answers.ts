/** What a browser's `navigator.credentials.create()` gives (`toJSON()`), as far as it is read here. */
export interface NewCredentialAnswer {
  readonly id: string;
  readonly rawId: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly transports?: readonly string[] | undefined;
  };
}

/** What a browser's `navigator.credentials.get()` gives (`toJSON()`), as far as it is read here. */
export interface AssertionAnswer {
  readonly id: string;
  readonly rawId: string;
  readonly response: { readonly clientDataJSON: string; readonly authenticatorData: string; readonly signature: string };
}

/** Options for the browser, JSON as `PublicKeyCredential.parse…OptionsFromJSON()` takes it. */
export interface PublicKeyOptions {
  readonly challenge: string;
  readonly [option: string]: unknown;
}
