/** Frames of an event stream as SubscribeToShard answers with. @see AWS documentation, "Event stream encoding". */
import { crc32 } from "node:zlib";

/** A header whose value is a text. */
function header(name, value) {
  const bytes = Buffer.alloc(name.length + value.length + 4);
  bytes[0] = name.length;
  bytes.write(name, 1, "latin1");
  bytes[name.length + 1] = 7;
  bytes.writeUInt16BE(value.length, name.length + 2);
  bytes.write(value, name.length + 4, "latin1");
  return bytes;
}

/** One event of the given type, as bytes. */
export function eventFrame(type, payload) {
  const headers = Buffer.concat([
    header(":message-type", "event"),
    header(":event-type", type),
    header(":content-type", "application/json"),
  ]);
  const total = 16 + headers.length + payload.length;
  const frame = Buffer.alloc(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headers.copy(frame, 12);
  payload.copy(frame, 12 + headers.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, total - 4)), total - 4);
  return frame;
}
