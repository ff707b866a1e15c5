const most = 1_000_000;

/** Quotas that nothing here meets: for what measures or tries the platform faster than people use it. */
export const noLimits = {
  signInRequests: most,
  strangerRequests: most,
  readRequests: most,
  writeRequests: most,
  uploadRequests: most,
  streamRequests: most,
} as const;

/** The same for a platform that is a process of its own. */
export const noLimitsEnv: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(noLimits).map(([name, quota]) => [
    `HANGUANG_LIMITS_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
    String(quota),
  ]),
);
