import type { Window, WindowFn } from "../../../pipeline/window.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";

/** A window by its function's coder, or by its bounds. */
export function writeWindow({ windowCoder }: WindowFn, window: Window, writer: ByteWriter): void {
  if (windowCoder !== undefined) {
    writer.bytes(windowCoder.encode(window));
    return;
  }
  writer.float64(window.start);
  writer.float64(window.end);
}

export function readWindow({ windowCoder }: WindowFn, reader: ByteReader): Window {
  if (windowCoder !== undefined) return windowCoder.decode(reader.bytes());
  return Object.freeze({ start: reader.float64(), end: reader.float64() });
}
