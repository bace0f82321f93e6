/**
 * The words that the grammar names. Each has a token type of its own; see `vocabulary.ts`.
 */

/** Binary operators that are words. */
// prettier-ignore
export const OPERATOR_WORDS = [
  "OR", "AND", "OVERLAPS",
] as const;

/** First words of the types without parts. */
// prettier-ignore
export const SCALAR_TYPE_WORDS = [
  "BOOLEAN", "TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT", "FLOAT", "REAL", "DOUBLE", "DECIMAL",
  "DEC", "NUMERIC", "CHAR", "CHARACTER", "VARCHAR", "STRING", "BINARY", "VARBINARY", "BYTES", "DATE",
  "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "NULL", "VARIANT",
] as const;

/** Units of intervals, one and several. */
// prettier-ignore
export const INTERVAL_UNIT_WORDS = [
  "YEAR", "YEARS", "QUARTER", "QUARTERS", "MONTH", "MONTHS", "WEEK", "WEEKS", "DAY", "DAYS", "HOUR",
  "HOURS", "MINUTE", "MINUTES", "SECOND", "SECONDS",
] as const;

/** Every word that the grammar names, in upper case; some more than once. */
// prettier-ignore
export const GRAMMAR_WORDS = [
  "ABSENT", "ALL", "ANY", "ARRAY", "AS", "ASC", "ASYMMETRIC", "BEGIN", "BETWEEN", "BOTH", "BUCKETS",
  "BY", "CASE", "CAST", "CEIL", "CEILING", "COMMENT", "CONDITIONAL", "CONNECTION", "CONSTRAINT",
  "CONSTRAINTS", "CREATE", "CROSS", "CUBE", "CURRENT", "DEFAULT", "DESC", "DESCRIPTOR", "DISTINCT",
  "DISTRIBUTED", "DISTRIBUTION", "DROP", "ELSE", "EMPTY", "END", "ENFORCED", "ERROR", "ESCAPE",
  "EXCEPT", "EXCLUDING", "EXECUTE", "EXISTS", "EXTRACT", "FALSE", "FETCH", "FILTER", "FIRST", "FLOOR",
  "FOLLOWING", "FOR", "FROM", "FULL", "GENERATED", "GROUP", "GROUPING", "HASH", "HAVING", "IF",
  "IGNORE", "IN", "INCLUDING", "INNER", "INSERT", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", "JSON",
  "JSON_ARRAY", "JSON_ARRAYAGG", "JSON_EXISTS", "JSON_OBJECT", "JSON_OBJECTAGG", "JSON_QUERY",
  "JSON_VALUE", "KEY", "LAST", "LATERAL", "LEADING", "LEFT", "LIKE", "LIMIT", "LOCAL", "MAP",
  "MATCH_RECOGNIZE", "METADATA", "MULTISET", "NATURAL", "NEXT", "NOT", "NULLS", "OBJECT", "OF",
  "OFFSET", "ON", "ONLY", "OPTIONS", "ORDER", "ORDINALITY", "OUTER", "OVER", "OVERLAY", "OVERWRITE",
  "OVERWRITING", "PARTITION", "PARTITIONED", "PARTITIONS", "PIVOT", "PLACING", "POSITION", "PRECEDING",
  "PRECISION", "PRIMARY", "QUALIFY", "RANGE", "RAW", "RECURSIVE", "REPLACE", "RESPECT", "RETURNING",
  "RIGHT", "ROLLUP", "ROW", "ROWS", "SCALAR", "SELECT", "SET", "SETS", "SIMILAR", "SOME", "STATEMENT",
  "SUBSTRING", "SYMMETRIC", "SYSTEM_TIME", "TABLE", "TABLESAMPLE", "TEMPORARY", "THEN", "TO",
  "TRAILING", "TRIM", "TRUE", "TRY_CAST", "UNBOUNDED", "UNCONDITIONAL", "UNION", "UNIQUE", "UNKNOWN",
  "UNNEST", "UNPIVOT", "USING", "VALUE", "VALUES", "VARYING", "VIEW", "VIRTUAL", "WATERMARK",
  "WATERMARKS", "WHEN", "WHERE", "WINDOW", "WITH", "WITHIN", "WITHOUT", "WRAPPER", "ZONE", "TIME",
  ...OPERATOR_WORDS,
  ...SCALAR_TYPE_WORDS,
  ...INTERVAL_UNIT_WORDS,
] as const;
