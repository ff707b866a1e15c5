const idWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const idCheckCharacters = "10X98765432";

const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const usccWeights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const;

const usccForm = /^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$/;

/**
 * Check character of a citizen identity number (居民身份证号码, GB 11643, ISO 7064 MOD 11-2) for its
 * first 17 digits; undefined for anything but 17 digits.
 */
export function idCardCheckCharacter(first17: string): string | undefined {
  if (!/^[0-9]{17}$/.test(first17)) return undefined;
  let sum = 0;
  for (const [place, weight] of idWeights.entries()) sum += weight * (first17.charCodeAt(place) - 48);
  return idCheckCharacters[sum % 11];
}

/**
 * Whether the text is an 18-character identity number with a real date of birth and the right check
 * character (upper-case X). The region is not looked at: cards with abolished codes stay valid.
 */
export function isIdCard(text: string): boolean {
  if (!/^[1-9][0-9]{16}[0-9X]$/.test(text)) return false;
  return isDay(text.slice(6, 14)) && idCardCheckCharacter(text.slice(0, 17)) === text[17];
}

/**
 * Check character of a unified social credit code (统一社会信用代码, GB 32100) for its first 17
 * characters; undefined when a character is outside the code's alphabet (no I, O, S, V, Z).
 */
export function usccCheckCharacter(first17: string): string | undefined {
  if (first17.length !== usccWeights.length) return undefined;
  let sum = 0;
  for (const [place, weight] of usccWeights.entries()) {
    const value = usccAlphabet.indexOf(first17.charAt(place));
    if (value < 0) return undefined;
    sum += weight * value;
  }
  return usccAlphabet[(31 - (sum % 31)) % 31];
}

/** Whether the text is an 18-character credit code: digits for the region, right check character. */
export function isUscc(text: string): boolean {
  return usccForm.test(text) && usccCheckCharacter(text.slice(0, 17)) === text[17];
}

/**
 * Check character of an organisation code (组织机构代码, GB 11714) for its first 8 characters: places
 * 9 to 16 of a credit code, whose 17th is this character.
 */
export function organisationCodeCheckCharacter(first8: string): string | undefined {
  if (!/^[0-9A-Z]{8}$/.test(first8)) return undefined;
  let sum = 0;
  for (const [place, weight] of [3, 7, 9, 10, 5, 8, 4, 2].entries()) sum += weight * Number.parseInt(first8.charAt(place), 36);
  const rest = 11 - (sum % 11);
  return rest === 10 ? "X" : rest === 11 ? "0" : String(rest);
}

function isDay(digits: string): boolean {
  const [year, month, day] = [Number(digits.slice(0, 4)), Number(digits.slice(4, 6)), Number(digits.slice(6, 8))];
  if (year < 1800 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
