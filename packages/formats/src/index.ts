/** The formats `csv` and `json`: messages to rows and rows to messages. */
export { CsvFormat, CsvFormatFactory } from "./csv/csv-format.js";
export { CsvFormatOptions } from "./csv/csv-options.js";
export { JsonFormat, JsonFormatFactory } from "./json/json-format.js";
export { JsonFormatOptions } from "./json/json-options.js";
export { formats } from "./module.js";
export type { CodeStyle } from "./text/generated-code.js";
