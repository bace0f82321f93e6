/** The functions on character strings. */
import { createHash } from "node:crypto";
import type { Scalar } from "../expressions/scalar.js";
import { ScalarFault, implementation } from "../expressions/scalar.js";
import { BIGINT, BOOLEAN, BYTES, INT, STRING, isText } from "../expressions/type-rules.js";
import type { CallSite, ScalarFunction } from "./function.js";
import {
  BINARY,
  CallRefusal,
  INTEGER,
  LONG,
  TEXT,
  TRUTH,
  constantOf,
  define,
  simple,
  writtenAs,
} from "./function.js";
import * as text from "./string-functions.js";
import { PatternError, cached, javaRegExp } from "./text-pattern.js";

const CAN_BE_NULL = { canBeNull: true } as const;

function hash(name: string, algorithm: string): ScalarFunction {
  return simple(name, [TEXT], STRING, (value: string) => digest(algorithm, value));
}

function digest(algorithm: string, value: string): string {
  return createHash(algorithm).update(value, "utf8").digest("hex");
}

const SHA2_BITS: readonly number[] = [224, 256, 384, 512];

/** Greatest length of a text that REPEAT, LPAD and RPAD make, in UTF-16 units. */
const TEXT_UNITS_MAX = 64 * 1024 * 1024;

function checkedLength(length: number): void {
  if (length > TEXT_UNITS_MAX)
    throw new ScalarFault(`the result would have ${length} characters; at most ${TEXT_UNITS_MAX} are made`);
}

/** The pattern of a REGEXP function: compiled once when it is constant, remembered when it is not. */
function regExpOf(site: CallSite, index: number): (pattern: string) => RegExp {
  const constant = constantOf(site.arguments[index]);
  if (typeof constant !== "string") return cached(javaRegExp);
  try {
    const expression = javaRegExp(constant);
    return () => expression;
  } catch (error) {
    if (error instanceof PatternError) throw new CallRefusal(error.message);
    throw error;
  }
}

/** A pattern that comes with the row and is wrong gives `otherwise`. */
function guarded<T>(otherwise: T, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof PatternError) return otherwise;
    throw error;
  }
}

function global(expression: RegExp): RegExp {
  return new RegExp(expression.source, `${expression.flags}g`);
}

const REGEXP_FUNCTIONS: readonly ScalarFunction[] = [
  define(
    ["REGEXP", "RLIKE"],
    [
      {
        parameters: [TEXT, TEXT],
        returns: BOOLEAN,
        make: (site) => {
          const pattern = regExpOf(site, 1);
          return implementation("REGEXP", (value: string, regex: string) =>
            guarded(false, () => regex !== "" && pattern(regex).test(value)),
          );
        },
      },
    ],
  ),
  define("REGEXP_EXTRACT", [
    {
      parameters: [TEXT, TEXT, INTEGER],
      optional: 1,
      returns: STRING,
      make: (site) => {
        const pattern = regExpOf(site, 1);
        return implementation(
          "REGEXP_EXTRACT",
          (value: string, regex: string, group = 0) =>
            guarded(null, () => (group < 0 ? null : (pattern(regex).exec(value)?.[group] ?? null))),
          CAN_BE_NULL,
        );
      },
    },
  ]),
  define("REGEXP_REPLACE", [
    {
      parameters: [TEXT, TEXT, TEXT],
      returns: STRING,
      make: (site) => {
        const pattern = regExpOf(site, 1);
        return implementation(
          "REGEXP_REPLACE",
          (value: string, regex: string, replacement: string) =>
            guarded(null, () => value.replace(global(pattern(regex)), () => replacement)),
          CAN_BE_NULL,
        );
      },
    },
  ]),
  define("REGEXP_COUNT", [
    {
      parameters: [TEXT, TEXT],
      returns: INT,
      make: (site) => {
        const pattern = regExpOf(site, 1);
        return implementation(
          "REGEXP_COUNT",
          (value: string, regex: string) =>
            guarded(null, () => [...value.matchAll(global(pattern(regex)))].length),
          CAN_BE_NULL,
        );
      },
    },
  ]),
];

function concatType(parts: readonly Scalar[]): Scalar["type"] {
  const lengths = parts.map((one) => (isText(one.type) ? one.type.length : 0));
  const length = Math.min(
    2147483647,
    lengths.reduce((sum, one) => sum + one, 0),
  );
  const isFixed = parts.every((one) => one.type.kind === "CHAR");
  return { kind: isFixed ? "CHAR" : "VARCHAR", length, nullable: false };
}

/** `a || b`; CONCAT gives STRING. */
export const CONCAT_OPERATOR: ScalarFunction = define("||", [
  {
    parameters: [
      { label: "STRING", accepts: isText },
      { label: "STRING", accepts: isText },
    ],
    returns: (_, site) => concatType(site.arguments),
    make: () =>
      implementation("||", (a: string, b: string) => a + b, {
        inline: ([a, b]) => `(${a} + ${b})`,
        print: ([a, b]) => `(${a} || ${b})`,
      }),
  },
  {
    parameters: [BINARY, BINARY],
    returns: BYTES,
    make: () =>
      implementation("||", (a: Uint8Array, b: Uint8Array) => new Uint8Array(Buffer.concat([a, b])), {
        print: ([a, b]) => `(${a} || ${b})`,
      }),
  },
]);

/** Percent-encoding of HTML forms, as Java's URLEncoder. */
function urlEncode(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()~]/gu, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function urlDecode(value: string): string | null {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    return null;
  }
}

/** Every function on strings. */
export const TEXT_FUNCTIONS: readonly ScalarFunction[] = [
  ...REGEXP_FUNCTIONS,
  simple("CONCAT", [TEXT], STRING, (...parts: string[]) => parts.join(""), { isVariadic: true }),
  define("CONCAT_WS", [
    {
      parameters: [TEXT, TEXT],
      optional: 1,
      isVariadic: true,
      returns: STRING,
      make: (site) =>
        implementation("CONCAT_WS", text.concatWs, {
          nulls: "custom",
          canBeNull: site.arguments[0]!.type.nullable,
        }),
    },
  ]),
  simple(["CHAR_LENGTH", "CHARACTER_LENGTH", "LENGTH"], [TEXT], INT, text.charLength),
  simple("OCTET_LENGTH", [TEXT], INT, (value: string) => Buffer.byteLength(value, "utf8")),
  simple("UPPER", [TEXT], STRING, (value: string) => value.toUpperCase(), {
    inline: ([value]) => `${value}.toUpperCase()`,
  }),
  simple("LOWER", [TEXT], STRING, (value: string) => value.toLowerCase()),
  simple("INITCAP", [TEXT], STRING, text.initcap),
  simple("REVERSE", [TEXT], STRING, text.reverse),
  simple(
    "REPEAT",
    [TEXT, INTEGER],
    STRING,
    (value: string, times: number) => {
      checkedLength(value.length * times);
      return text.repeat(value, times);
    },
    { canFail: true },
  ),
  simple(["SUBSTRING", "SUBSTR"], [TEXT, INTEGER, INTEGER], STRING, text.substring, {
    optional: 1,
    canBeNull: true,
  }),
  writtenAs(
    "POSITION(STRING IN STRING)",
    simple("POSITION", [TEXT, TEXT], INT, (part: string, whole: string) => text.position(part, whole)),
  ),
  simple("LOCATE", [TEXT, TEXT, INTEGER], INT, text.position, { optional: 1 }),
  define("INSTR", [
    {
      parameters: [TEXT, TEXT],
      returns: INT,
      make: () => implementation("INSTR", (whole: string, part: string) => text.position(part, whole)),
    },
    {
      parameters: [TEXT, TEXT, INTEGER, INTEGER],
      optional: 1,
      returns: INT,
      make: () => implementation("INSTR", text.instr, CAN_BE_NULL),
    },
  ]),
  simple("LTRIM", [TEXT, TEXT], STRING, text.trimStart, { optional: 1 }),
  simple("RTRIM", [TEXT, TEXT], STRING, text.trimEnd, { optional: 1 }),
  simple("BTRIM", [TEXT, TEXT], STRING, text.trimBoth, { optional: 1 }),
  simple("TRIM_BOTH", [TEXT, TEXT], STRING, text.trimBoth, {
    print: ([value, set]) => `TRIM(BOTH ${set} FROM ${value})`,
  }),
  simple("TRIM_LEADING", [TEXT, TEXT], STRING, text.trimStart, {
    print: ([value, set]) => `TRIM(LEADING ${set} FROM ${value})`,
  }),
  simple("TRIM_TRAILING", [TEXT, TEXT], STRING, text.trimEnd, {
    print: ([value, set]) => `TRIM(TRAILING ${set} FROM ${value})`,
  }),
  simple("LEFT", [TEXT, INTEGER], STRING, text.left),
  simple("RIGHT", [TEXT, INTEGER], STRING, text.right),
  ...(["LPAD", "RPAD"] as const).map((name) =>
    simple(
      name,
      [TEXT, INTEGER, TEXT],
      STRING,
      (value: string, length: number, filling: string) => {
        checkedLength(length);
        return (name === "LPAD" ? text.lpad : text.rpad)(value, length, filling);
      },
      { canBeNull: true, canFail: true },
    ),
  ),
  writtenAs(
    "OVERLAY(STRING PLACING STRING FROM INT [FOR INT])",
    simple("OVERLAY", [TEXT, TEXT, INTEGER, INTEGER], STRING, text.overlay, { optional: 1 }),
  ),
  simple("REPLACE", [TEXT, TEXT, TEXT], STRING, (whole: string, part: string, other: string) =>
    whole.replaceAll(part, () => other),
  ),
  define("SPLIT_INDEX", [
    {
      parameters: [TEXT, TEXT, INTEGER],
      returns: STRING,
      make: () => implementation("SPLIT_INDEX", text.splitIndex, CAN_BE_NULL),
    },
    {
      parameters: [TEXT, INTEGER, INTEGER],
      returns: STRING,
      make: () =>
        implementation(
          "SPLIT_INDEX",
          (value: string, separator: number, index: number) =>
            separator > 255 || separator < 1
              ? null
              : text.splitIndex(value, String.fromCharCode(separator), index),
          CAN_BE_NULL,
        ),
    },
  ]),
  simple("STR_TO_MAP", [TEXT, TEXT, TEXT], stringMap(), text.strToMap, { optional: 2 }),
  simple("STARTSWITH", [TEXT, TEXT], BOOLEAN, (value: string, part: string) => value.startsWith(part)),
  simple("ENDSWITH", [TEXT, TEXT], BOOLEAN, (value: string, part: string) => value.endsWith(part)),
  simple("ASCII", [TEXT], INT, text.ascii),
  simple("CHR", [LONG], STRING, text.chr),
  hash("MD5", "md5"),
  hash("SHA1", "sha1"),
  hash("SHA224", "sha224"),
  hash("SHA256", "sha256"),
  hash("SHA384", "sha384"),
  hash("SHA512", "sha512"),
  simple(
    "SHA2",
    [TEXT, INTEGER],
    STRING,
    (value: string, bits: number) => (SHA2_BITS.includes(bits) ? digest(`sha${bits}`, value) : null),
    CAN_BE_NULL,
  ),
  simple("TO_BASE64", [TEXT], STRING, (value: string) => Buffer.from(value, "utf8").toString("base64")),
  simple("FROM_BASE64", [TEXT], STRING, (value: string) => Buffer.from(value, "base64").toString("utf8")),
  define("HEX", [
    {
      parameters: [LONG],
      returns: STRING,
      make: () =>
        implementation("HEX", (value: bigint) => BigInt.asUintN(64, value).toString(16).toUpperCase()),
    },
    {
      parameters: [TEXT],
      returns: STRING,
      make: () =>
        implementation("HEX", (value: string) => Buffer.from(value, "utf8").toString("hex").toUpperCase()),
    },
  ]),
  simple("BIN", [LONG], STRING, (value: bigint) => BigInt.asUintN(64, value).toString(2)),
  simple("URL_ENCODE", [TEXT], STRING, urlEncode),
  simple("URL_DECODE", [TEXT], STRING, urlDecode, CAN_BE_NULL),
  simple("IS_ALPHA", [TEXT], BOOLEAN, (value: string) => /^\p{L}+$/u.test(value)),
  simple("IS_DECIMAL", [TEXT], BOOLEAN, (value: string) =>
    /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u.test(value),
  ),
  simple("IS_DIGIT", [TEXT], BOOLEAN, (value: string) => /^\p{Nd}+$/u.test(value)),
  simple("NOT", [TRUTH], BOOLEAN, (value: boolean) => !value, {
    inline: ([a]) => `(!${a})`,
    print: ([a]) => `(NOT ${a})`,
  }),
  simple("BIT_LENGTH", [TEXT], BIGINT, (value: string) => BigInt(Buffer.byteLength(value, "utf8") * 8)),
];

function stringMap(): Scalar["type"] {
  return { kind: "MAP", key: STRING, value: { ...STRING, nullable: true }, nullable: false };
}
