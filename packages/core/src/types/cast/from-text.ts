import type { LogicalType } from "../logical-type.js";
import { parseCastDate, parseCastTime, parseCastTimestamp } from "../text/date-time-text.js";
import {
  INTEGER_RANGES,
  parseBigintText,
  parseDecimalText,
  parseDoubleText,
  parseFloatText,
  parseIntegerText,
  trimBlanks,
} from "../text/number-text.js";
import { floorMillis } from "../values/civil-time.js";
import type { Cast, CastContext, ScalarTarget } from "./cast.js";
import { fitBytes } from "./from-binary.js";

const TEXT_ENCODER = new TextEncoder();
const TRUE_TEXTS: ReadonlySet<string> = new Set(["t", "true", "y", "yes", "1"]);
const FALSE_TEXTS: ReadonlySet<string> = new Set(["f", "false", "n", "no", "0"]);

/** CHAR and VARCHAR to everything else. Blanks around numbers do not matter; the fraction of an integer is cut. */
export function fromText(to: LogicalType, context: CastContext): Cast {
  if (to.kind === "DECIMAL") {
    return (text: string) => parseDecimalText(trimBlanks(text), to.precision, to.scale);
  }
  if (to.kind === "BINARY" || to.kind === "VARBINARY") {
    const { kind, length } = to;
    return (text: string) => fitBytes(TEXT_ENCODER.encode(text), kind, length);
  }
  if (to.kind === "TIME") return (text: string) => toTime(text, to.precision);
  if (to.kind === "TIMESTAMP") return (text: string) => parseCastTimestamp(text)?.truncatedTo(to.precision);
  if (to.kind === "TIMESTAMP_LTZ") {
    return (text: string) => {
      const local = parseCastTimestamp(text);
      return local === undefined ? undefined : context.zone.toInstant(local.truncatedTo(to.precision));
    };
  }
  return to.kind === "DATE" ? parseCastDate : toScalar(to.kind as ScalarTarget);
}

function toScalar(kind: ScalarTarget): Cast {
  switch (kind) {
    case "BOOLEAN":
      return toBoolean;
    case "TINYINT":
    case "SMALLINT":
    case "INT": {
      const { min, max } = INTEGER_RANGES[kind];
      return (text: string) => onWholePart(text, (digits) => parseIntegerText(digits, min, max));
    }
    case "BIGINT":
      return (text: string) => onWholePart(text, parseBigintText);
    case "FLOAT":
      return parseFloatText;
    case "DOUBLE":
      return parseDoubleText;
  }
}

function toTime(text: string, precision: number): number | undefined {
  const millis = parseCastTime(text);
  return millis === undefined ? undefined : floorMillis(millis, precision);
}

function toBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return TRUE_TEXTS.has(lower) ? true : FALSE_TEXTS.has(lower) ? false : undefined;
}

/** Applies `parse` to `12` of ` 12.7 `; the fraction must be digits. */
function onWholePart<T>(text: string, parse: (digits: string) => T | undefined): T | undefined {
  const trimmed = trimBlanks(text);
  const point = trimmed.indexOf(".");
  if (point < 0) return parse(trimmed);
  const whole = trimmed.slice(0, point);
  const fraction = trimmed.slice(point + 1);
  if (!/^\d*$/.test(fraction)) return undefined;
  const hasDigits = /\d/.test(whole);
  return hasDigits || fraction === "" ? parse(whole) : /^[+-]?$/.test(whole) ? parse("0") : undefined;
}
