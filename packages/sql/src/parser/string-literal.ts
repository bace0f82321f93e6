import type { LexicalFault } from "./token.js";

/** Form of a string by its prefix: none, `U&`, `E` or `X`. @internal */
export type StringForm = "plain" | "unicode" | "escaped" | "binary";

/** What is between the quotes of a string, decoded, or why it cannot be. @internal */
export type Decoded = { readonly value: string } | { readonly fault: LexicalFault };

const fault = (message: string, hint?: string): { readonly fault: LexicalFault } => ({
  fault: { message, hint },
});

/** Decodes the text between the quotes; doubled quotes are still doubled in it. @internal */
export function decodeString(raw: string, form: StringForm, escape: string): Decoded {
  switch (form) {
    case "plain":
    case "binary":
      return { value: raw.includes("'") ? raw.replaceAll("''", "'") : raw };
    case "unicode":
      return decodeUnicode(raw.replaceAll("''", "'"), escape);
    case "escaped":
      return decodeEscaped(raw);
  }
}

/** `\263A`, `\+01F600` and a doubled escape character. */
function decodeUnicode(text: string, escape: string): Decoded {
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character !== escape) {
      value += character;
      continue;
    }
    if (text.charAt(at + 1) === escape) {
      value += escape;
      at++;
      continue;
    }
    const long = text.charAt(at + 1) === "+";
    const digits = long ? text.slice(at + 2, at + 8) : text.slice(at + 1, at + 5);
    const length = long ? 6 : 4;
    const code = digits.length === length && /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : -1;
    if (code < 0 || code > 0x10ffff) {
      return fault(
        `'${escape}${text.slice(at + 1, at + 5)}' is no code point`,
        `Write four hexadecimal digits behind ${escape}, or + and six; double ${escape} to mean the character itself.`,
      );
    }
    value += long ? String.fromCodePoint(code) : String.fromCharCode(code);
    at += long ? 7 : 4;
  }
  return { value };
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** `\n`, `\t`, `\\`, `\'`, octal `\101`, `\x41`, `\u0041`, `\U00000041`. */
function decodeEscaped(raw: string): Decoded {
  const pattern =
    /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))|''|\\$/g;
  let bad: string | undefined;
  const value = raw.replace(
    pattern,
    (match: string, octal?: string, x?: string, u?: string, long?: string, other?: string) => {
      if (match === "''") return "'";
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        if (code <= 0x10ffff) return String.fromCodePoint(code);
      } else if (other !== undefined && other !== "u" && other !== "U" && other !== "x") {
        return SHORT_ESCAPES[other] ?? other;
      }
      bad ??= match;
      return match;
    },
  );
  if (bad !== undefined)
    return fault(`'${bad}' is no escape sequence`, "Double the backslash to mean a backslash.");
  return { value };
}

/** Bytes of an `X'...'` string. @internal */
export function decodeHex(digits: string): Uint8Array | LexicalFault {
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    return {
      message: `X'${digits.length > 40 ? `${digits.slice(0, 40)}...` : digits}' is no string of bytes`,
      hint: "Write two hexadecimal digits for each byte: X'0AFF'.",
    };
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}
