import type { DecodingFormat, EncodingFormat } from "../../../connector/format.js";

/**
 * What a plugin author supplies to have a format checked. A format that only reads or only writes is checked as far as
 * it goes; the round trip needs both.
 *
 * @public
 */
export interface FormatHarness {
  /** Stands in the name of each case. */
  readonly name: string;
  /** The format as its factory makes it, with options under which nothing is lost. */
  readonly decoding?: () => DecodingFormat;
  readonly encoding?: () => EncodingFormat;
  /** Types that the format carries, as texts: `BIGINT`, `ARRAY<INT>`, `ROW<a INT, b STRING>`. */
  readonly types: readonly string[];
  /** Types that it refuses. */
  readonly unsupported?: readonly string[];
  /** What becomes of a NULL column: it comes back as NULL, or writing it is refused. Default `kept`. */
  readonly nulls?: "kept" | "refused";
  /** Types of {@link types} in which the format cannot say NULL, as its documentation tells. */
  readonly typesWithoutNull?: readonly string[];
  /** May parts of ARRAY, MAP and ROW be NULL? Default: as columns. */
  readonly nestedNulls?: "kept" | "none";
  /** Messages that cannot be decoded into the columns `a BIGINT, b STRING`. */
  readonly malformed?: readonly (string | Uint8Array)[];
  /** Seed of the rows and bytes. Default 1. */
  readonly seed?: number;
  /** Rows of each type. Default 60. */
  readonly rows?: number;
}
