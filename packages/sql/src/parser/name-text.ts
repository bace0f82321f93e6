import { quoteName } from "@tributary/core";
import { RESERVED_WORDS } from "./reserved-words.js";

/** A name as SQL takes it: plain where it may be, else in backquotes. @public */
export function nameText(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_$]*$/.test(name) && !RESERVED_WORDS.has(name.toUpperCase())
    ? name
    : quoteName(name);
}
