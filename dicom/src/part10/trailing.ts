/**
 * A text without the given characters at its end. In one pass, as what comes from peers may be long: a pattern such as `/ +$/` takes
 * quadratic time where many spaces are followed by something else.
 */
export function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** A text without what pads it to an even length: spaces and NULs (PS3.5 §6.2). */
export function withoutPadding(text: string): string {
  return withoutTrailing(text, '\0 ');
}
