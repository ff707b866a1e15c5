import { KernelError, type Refusal, refuse } from "./errors.ts";
import { isKeyName, type NoteSigner, type NoteVerifier } from "./note-key.ts";

/** One signature line: who, with which key, and the bytes the algorithm made. */
export interface NoteSignature {
  readonly name: string;
  /** 8 lower-case hex digits: the hint that tells the signer's keys apart. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A C2SP signed note (c2sp.org/signed-note): the text, its last line feed included, and signatures. */
export interface SignedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A note of which at least one known key signed the text; the lines of unknown keys prove nothing. */
export interface VerifiedNote {
  readonly kind: "verified";
  readonly text: string;
  readonly verified: readonly NoteSignature[];
  readonly unverified: readonly NoteSignature[];
}

export type NoteRefusalCode = "KERNEL_NOTE_MALFORMED" | "KERNEL_NOTE_SIGNATURE_INVALID" | "KERNEL_NOTE_SIGNER_UNKNOWN";

/** As Go's reference: a note with more costs its verifier more than it can be worth. */
const maxSignatures = 100;
const maxChars = 1_000_000;
const separator = "\n\n";
const signatureLine = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u;

/** Signs the text (ends in a line feed, no other control character) with every signer, in order. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  checkText(text);
  const message = new TextEncoder().encode(text);
  return formatNote({
    text,
    signatures: signers.map(({ name, keyId, sign }) => ({ name, keyId, signature: sign(message) })),
  });
}

/** The note as text; also for putting a witness's line to a note. Throws `KERNEL_NOTE_MALFORMED`. */
export function formatNote(note: SignedNote): string {
  checkText(note.text);
  if (note.signatures.length < 1 || note.signatures.length > maxSignatures) {
    throw malformed(`a note has 1 to ${maxSignatures} signatures, not ${note.signatures.length}`);
  }
  return `${note.text}\n${note.signatures.map(formatSignature).join("")}`;
}

/** Reads a note without believing it: nothing is verified here. */
export function parseNote(note: string): SignedNote | Refusal<"KERNEL_NOTE_MALFORMED"> {
  if (note.length > maxChars) return refuseNote("longer than a million characters");
  // The text may hold blank lines, so the *last* one divides: else a signer's text could forge lines.
  const split = note.lastIndexOf(separator);
  if (split < 0 || !note.endsWith("\n")) return refuseNote("no blank line before the signatures");
  const text = note.slice(0, split + 1);
  if (!isNoteText(text)) return refuseNote("control characters or broken Unicode in the text");
  const lines = note.slice(split + separator.length, -1).split("\n");
  if (lines.length > maxSignatures) return refuseNote(`more than ${maxSignatures} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (signature === undefined) return refuseNote("a line after the blank line is no signature");
    signatures.push(signature);
  }
  return { text, signatures };
}

/**
 * Verifies a note against the keys the caller trusts: every line by a trusted key must hold, one at
 * least must exist, lines of unknown keys are ignored, repeated lines of one key count once.
 */
export function verifyNote(note: string, trusted: readonly NoteVerifier[]): VerifiedNote | Refusal<NoteRefusalCode> {
  const keys = new Map(trusted.map((key) => [`${key.name}+${key.keyId}`, key]));
  if (keys.size !== trusted.length) throw malformed("two trusted keys of one name and key id");
  const parsed = parseNote(note);
  if ("kind" in parsed) return parsed;
  const message = new TextEncoder().encode(parsed.text);
  const verified: NoteSignature[] = [];
  const unverified: NoteSignature[] = [];
  const seen = new Set<string>();
  for (const line of parsed.signatures) {
    const id = `${line.name}+${line.keyId}`;
    if (seen.has(id)) continue;
    seen.add(id);
    const key = keys.get(id);
    if (key === undefined) {
      unverified.push(line);
    } else if (key.verify(message, line.signature)) {
      verified.push(line);
    } else {
      return refuse("KERNEL_NOTE_SIGNATURE_INVALID", { signer: line.name });
    }
  }
  if (verified.length === 0) return refuse("KERNEL_NOTE_SIGNER_UNKNOWN");
  return { kind: "verified", text: parsed.text, verified, unverified };
}

function formatSignature({ name, keyId, signature }: NoteSignature): string {
  if (!isKeyName(name)) throw malformed("a key name is non-empty, without spaces and plus signs");
  if (!/^[0-9a-f]{8}$/.test(keyId)) throw malformed("a key id is 8 lower-case hex digits");
  if (signature.length === 0) throw malformed("a signature without bytes");
  const blob = Buffer.concat([Buffer.from(keyId, "hex"), signature]);
  return `— ${name} ${blob.toString("base64")}\n`;
}

function parseSignature(line: string): NoteSignature | undefined {
  const [, name, base64] = signatureLine.exec(line) ?? [];
  if (name === undefined || base64 === undefined || !isKeyName(name)) return undefined;
  const blob = Buffer.from(base64, "base64");
  // One signature, one spelling: otherwise a note's hash changes though nothing was changed.
  if (blob.length < 5 || blob.toString("base64") !== base64) return undefined;
  return { name, keyId: blob.toString("hex", 0, 4), signature: new Uint8Array(blob.subarray(4)) };
}

function isNoteText(text: string): boolean {
  if (!text.endsWith("\n") || !text.isWellFormed()) return false;
  for (let place = 0; place < text.length; place++) {
    const unit = text.charCodeAt(place);
    if (unit < 0x20 && unit !== 0x0a) return false;
  }
  return true;
}

function checkText(text: string): void {
  if (!isNoteText(text)) {
    throw malformed("a note's text ends in a line feed and holds no other control character");
  }
}

function refuseNote(reason: string): Refusal<"KERNEL_NOTE_MALFORMED"> {
  return refuse("KERNEL_NOTE_MALFORMED", { reason });
}

function malformed(message: string): KernelError {
  return new KernelError("KERNEL_NOTE_MALFORMED", message);
}
