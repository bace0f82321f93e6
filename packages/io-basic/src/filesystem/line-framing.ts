import type { RecordFraming } from "@tributary/core";

const LF = 10;

/** The framing of formats that have none of their own: each line is a record. */
export const LINE_FRAMING: RecordFraming = {
  findStart: (bytes, from) => (from < bytes.length ? from : -1),
  findEnd: (bytes, start) => bytes.indexOf(LF, start) + 1 || -1,
};
