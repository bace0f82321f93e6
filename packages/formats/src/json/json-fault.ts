import type { MalformedRecord } from "@tributary/core";
import { columnPath } from "../text/column-path.js";
import { shorten } from "../text/excerpt.js";
import { lossyText } from "../text/message-text.js";
import type { JsonScanner } from "./json-scanner.js";

/** What the scanner says about a message that failed. */
export function jsonFault(
  { reason, offset, path, isSyntax }: JsonScanner,
  message: Uint8Array,
): MalformedRecord {
  const column = isSyntax ? "" : columnPath(path);
  return {
    reason,
    offset,
    excerpt: shorten(lossyText(message)),
    ...(column === "" ? {} : { column }),
  };
}
