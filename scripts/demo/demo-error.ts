import { CodedError } from "../../src/kernel/index.ts";

/** The demo was asked for something it cannot make, or could not write it. */
export class DemoError extends CodedError<"DEMO_ARGUMENT" | "DEMO_WRITE"> {}
