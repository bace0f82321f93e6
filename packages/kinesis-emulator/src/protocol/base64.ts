/** Bytes that canonical base64 text within a buffer stands for. */
export function decodedBytes(text: Uint8Array, start: number, end: number): number {
  if (end === start) return 0;
  const padding = text[end - 1] === 0x3d ? (text[end - 2] === 0x3d ? 2 : 1) : 0;
  return ((end - start) >> 2) * 3 - padding;
}
