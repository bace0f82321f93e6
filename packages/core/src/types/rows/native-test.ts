import type { LogicalType, RowType } from "../logical-type.js";
import { Instant } from "../values/instant.js";
import { LocalTimestamp } from "../values/local-timestamp.js";
import { compile, isCodeGenerationAllowed } from "./code-generation.js";

/** Most columns for which code is generated. */
const GENERATED_COLUMNS_MAX = 200;

/** JavaScript expressions that say whether `v`, which is not NULL, is a value of the type as it is. */
const EXPRESSIONS: Readonly<Partial<Record<LogicalType["kind"], string>>> = {
  BOOLEAN: 'typeof v==="boolean"',
  TINYINT: 'typeof v==="number"&&(v<<24>>24)===v',
  SMALLINT: 'typeof v==="number"&&(v<<16>>16)===v',
  INT: 'typeof v==="number"&&(v|0)===v',
  INTERVAL_YEAR_MONTH: 'typeof v==="number"&&(v|0)===v',
  BIGINT: 'typeof v==="bigint"&&BigInt.asIntN(64,v)===v',
  INTERVAL_DAY_TIME: 'typeof v==="bigint"&&BigInt.asIntN(64,v)===v',
  DOUBLE: 'typeof v==="number"',
  CHAR: 'typeof v==="string"',
  VARCHAR: 'typeof v==="string"',
  BINARY: "v instanceof Uint8Array",
  VARBINARY: "v instanceof Uint8Array",
  TIMESTAMP: "v instanceof LocalTimestamp",
  TIMESTAMP_LTZ: "v instanceof Instant",
};

/**
 * A test for rows in which nothing is to be converted, as fast as generated code makes it; absent where a process
 * forbids that, and for column names that every object seems to have.
 *
 * @param is - for each column, whether a value that is not NULL is one of its type as it is.
 */
export function nativeRowTest(
  { fields }: RowType,
  is: readonly ((value: unknown) => boolean)[],
): ((row: unknown) => boolean) | undefined {
  if (!isCodeGenerationAllowed() || fields.length > GENERATED_COLUMNS_MAX) return undefined;
  if (fields.some(({ name }) => name in Object.prototype)) return undefined;
  const tests = fields.map(
    ({ name, type }, index) =>
      `v=r[${JSON.stringify(name)}];if(v!==null&&v!==undefined&&!(${EXPRESSIONS[type.kind] ?? `is[${index}](v)`}))return false;`,
  );
  const isObject = 'typeof r!=="object"||r===null||Array.isArray(r)||r instanceof Map';
  const body = `return (r)=>{let v;if(${isObject})return false;${tests.join("")}return true;};`;
  const make = compile(["is", "LocalTimestamp", "Instant"], body);
  return make(is, LocalTimestamp, Instant) as (row: unknown) => boolean;
}
