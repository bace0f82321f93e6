import type { JsonReader } from "./json-number-readers.js";
import type { JsonScanner } from "./json-scanner.js";

/** Reads the elements of an array, at its opening bracket. */
export function readElements(scanner: JsonScanner, readElement: JsonReader): unknown[] {
  const elements: unknown[] = [];
  scanner.pos++;
  if (scanner.peek() === 0x5d) {
    scanner.pos++;
    return elements;
  }
  try {
    for (;;) {
      elements.push(readElement(scanner));
      const byte = scanner.peek();
      if (byte !== 0x2c && byte !== 0x5d) scanner.unexpected("',' or ']'");
      scanner.pos++;
      if (byte === 0x5d) return elements;
    }
  } catch (error) {
    scanner.enclose(error, `[${elements.length}]`);
    throw error;
  }
}
