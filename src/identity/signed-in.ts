/** What a login or refresh gives. */
export interface SignedIn {
  readonly accessToken: string;
  /** RFC 3339, UTC. */
  readonly accessTokenExpiresAt: string;
  /** Works once; its replacement comes with the next refresh. */
  readonly refreshToken: string;
}
