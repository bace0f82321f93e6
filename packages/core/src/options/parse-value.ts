import { parseDuration } from "./duration.js";
import { parseList, parseMap } from "./list-and-map.js";
import { parseMemorySize } from "./memory-size.js";
import type { OptionDeclaration } from "./option.js";
import {
  parseBoolean,
  parseDouble,
  parseEnum,
  parseInt32,
  parseInt64,
  parseInt64AsNumber,
} from "./parse-scalar.js";
import { parsed } from "./parsed.js";
import type { ParsedValue } from "./parsed.js";

/** Reads an option's text by its declared type. */
export function parseOptionValue(declaration: OptionDeclaration, text: string): ParsedValue<unknown> {
  switch (declaration.type) {
    case "string":
      return parsed(text);
    case "boolean":
      return parseBoolean(text);
    case "int":
      return parseInt32(text);
    case "long":
      return declaration.isBigInt === true ? parseInt64(text) : parseInt64AsNumber(text);
    case "double":
      return parseDouble(text);
    case "enum":
      return parseEnum(text, declaration.values ?? [], declaration.isCaseSensitive === true);
    case "duration":
      return parseDuration(text);
    case "memorySize":
      return parseMemorySize(text);
    case "list":
      return parseList(text);
    case "map":
      return parseMap(text);
  }
}
