/** One key seals all shared secrets; the factor's id is the context, so none can be put in another's place. */
export const factorSecretOwner = "platform";
