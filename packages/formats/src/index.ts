/** Formats: messages to rows and rows to messages. */
export { CsvFormat, CsvFormatFactory } from "./csv/csv-format.js";
export { CsvFormatOptions } from "./csv/csv-options.js";
export { DebeziumJsonFormat, DebeziumJsonFormatFactory } from "./debezium/debezium-json-format.js";
export { DebeziumJsonFormatOptions } from "./debezium/debezium-json-options.js";
export { JsonFormat, JsonFormatFactory } from "./json/json-format.js";
export { JsonFormatOptions } from "./json/json-options.js";
export { JsonValueOptions } from "./json/json-value-options.js";
export { formats } from "./module.js";
export type { CodeStyle } from "./text/generated-code.js";
