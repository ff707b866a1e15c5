/** What a refusal is told as. */
export interface Answer {
  readonly status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 408
    | 409
    | 410
    | 412
    | 413
    | 415
    | 417
    | 422
    | 428
    | 429
    | 431
    | 460
    | 500
    | 503
    | 507;
  /** Fixed text: what is wrong and what to do. */
  readonly title: string;
  /** Article of the regulation behind it. */
  readonly article?: string;
}
