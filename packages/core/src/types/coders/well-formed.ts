interface WellFormedString {
  toWellFormed(): string;
}

/**
 * The text with U+FFFD for each lone surrogate, which is what its UTF-8 holds. Costs nothing for usual texts: Node has
 * had the function since 20, ahead of the ES2023 typings.
 */
export function wellFormed(text: string): string {
  return (text as unknown as WellFormedString).toWellFormed();
}
