/** `outer.inner[2].field` from names that go from the inside out. */
export function columnPath(path: readonly string[]): string {
  let text = "";
  for (const name of path.toReversed()) text += text === "" || name.startsWith("[") ? name : `.${name}`;
  return text;
}
