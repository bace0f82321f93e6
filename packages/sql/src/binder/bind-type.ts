/** Data types as written, with their bounds and defaults. After Apache Flink, "Data Types". */
import type { IntervalType, LogicalType, RowField } from "@tributary/core";
import { MAX_LENGTH, quoteText } from "@tributary/core";
import type { IntervalQualifier, ScalarTypeNode, TypeNode } from "../parser/ast.js";
import type { Faults } from "./faults.js";

/** The logical type of a type in a script. Reports and abandons what is out of bounds. */
export function bindType(node: TypeNode, faults: Faults): LogicalType {
  const nullable = node.nullable !== false;
  switch (node.kind) {
    case "ScalarType":
      return scalarType(node, nullable, faults);
    case "IntervalType":
      return { ...declaredInterval(node.qualifier, faults), nullable };
    case "CollectionType":
      return { kind: node.collection, element: bindType(node.element, faults), nullable };
    case "MapType":
      return { kind: "MAP", key: bindType(node.key, faults), value: bindType(node.value, faults), nullable };
    case "RowType": {
      const fields: RowField[] = [];
      for (const field of node.fields) {
        if (fields.some((one) => one.name === field.name.name))
          faults.error("SCHEMA_INVALID", field.name.span, `The ROW has two fields '${field.name.name}'.`);
        const type = bindType(field.type, faults);
        fields.push({
          name: field.name.name,
          type,
          ...(field.comment === undefined ? {} : { comment: field.comment.value }),
        });
      }
      return { kind: "ROW", fields, nullable };
    }
    case "RawType":
      return {
        kind: "RAW",
        text: `${quoteText(node.className.value)}, ${quoteText(node.snapshot.value)}`,
        nullable,
      };
    case "UserType": {
      const name = node.name.parts.map((one) => one.name).join(".");
      return faults.fail("SCHEMA_INVALID", node.span, `'${name}' is not a type.`, {
        hint: "User-defined types are not supported; use a built-in type such as STRING, BIGINT or ROW<...>.",
      });
    }
  }
}

function parameter(
  node: ScalarTypeNode,
  index: number,
  otherwise: number,
  bounds: readonly [min: number, max: number],
  faults: Faults,
): number {
  const value = node.parameters[index] ?? otherwise;
  const [min, max] = bounds;
  if (!Number.isInteger(value) || value < min || value > max)
    faults.fail(
      "SCHEMA_INVALID",
      node.span,
      `${node.name}(${node.parameters.join(", ")}): ${value} is not from ${min} to ${max}.`,
    );
  return value;
}

function scalarType(node: ScalarTypeNode, nullable: boolean, faults: Faults): LogicalType {
  const length = (otherwise: number): number => parameter(node, 0, otherwise, [1, MAX_LENGTH], faults);
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (node.name) {
    case "STRING":
      return { kind: "VARCHAR", length: MAX_LENGTH, nullable };
    case "BYTES":
      return { kind: "VARBINARY", length: MAX_LENGTH, nullable };
    case "CHAR":
    case "BINARY":
      return { kind: node.name, length: length(1), nullable };
    case "VARCHAR":
    case "VARBINARY":
      return { kind: node.name, length: length(MAX_LENGTH), nullable };
    case "DECIMAL": {
      const precision = parameter(node, 0, 10, [1, 38], faults);
      return { kind: "DECIMAL", precision, scale: parameter(node, 1, 0, [0, precision], faults), nullable };
    }
    case "TIME":
      return { kind: "TIME", precision: parameter(node, 0, 0, [0, 9], faults), nullable };
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
    case "TIMESTAMP_TZ":
      return { kind: node.name, precision: parameter(node, 0, 6, [0, 9], faults), nullable };
    case "VARIANT":
    case "BITMAP":
      return { kind: node.name, text: "", nullable };
    default:
      return { kind: node.name, nullable };
  }
}

const MONTH_UNITS: ReadonlySet<string> = new Set(["YEAR", "QUARTER", "MONTH"]);

/**
 * Of a type, not of a literal: `SECOND(f)` gives the fraction digits, and defaults are written out, so that the text is
 * that of a type string. After Apache Flink, "Data Types".
 */
function declaredInterval(qualifier: IntervalQualifier, faults: Faults): IntervalType {
  const { from, to, precision, fraction } = qualifier;
  if (from === "QUARTER" || from === "WEEK")
    faults.fail("SCHEMA_INVALID", qualifier.span, `There is no type INTERVAL ${from}.`, {
      hint: `Write INTERVAL ${from === "WEEK" ? "DAY" : "MONTH"}; literals may have ${from}S.`,
    });
  const isFraction = from === "SECOND" && fraction === undefined;
  const type = intervalType(
    isFraction ? { ...qualifier, precision: undefined, fraction: precision } : qualifier,
    faults,
  );
  const seconds = `SECOND(${(isFraction ? precision : fraction) ?? 6})`;
  const units: Readonly<Record<string, string>> = {
    YEAR: `YEAR(${precision ?? 2})`,
    DAY: `DAY(${precision ?? 2})`,
    SECOND: seconds,
  };
  const [first, last] = [from, to].map((unit) => unit && (units[unit] ?? unit));
  return { ...type, resolution: last === undefined ? (first as string) : `${first} TO ${last}` };
}

/** The type of an interval's qualifier, NOT NULL. */
export function intervalType(qualifier: IntervalQualifier, faults: Faults): IntervalType {
  const { from, to, precision, fraction } = qualifier;
  const [min, max, digits] = MONTH_UNITS.has(from) ? [1, 4, 2] : [1, 6, 2];
  const first = precision ?? digits;
  if (first < min || first > max)
    faults.fail(
      "SCHEMA_INVALID",
      qualifier.span,
      `${from}(${first}): the first field has ${min} to ${max} digits.`,
    );
  if (fraction !== undefined && fraction > 9)
    faults.fail(
      "SCHEMA_INVALID",
      qualifier.span,
      `SECOND(${fraction}): a second has 0 to 9 fraction digits.`,
    );
  const digitsText = precision === undefined ? "" : `(${precision})`;
  const fractionText = fraction === undefined ? "" : `(${fraction})`;
  const resolution =
    to === undefined
      ? from === "SECOND" && fraction !== undefined
        ? `SECOND(${first}, ${fraction})`
        : `${from}${digitsText}`
      : `${from}${digitsText} TO ${to}${to === "SECOND" ? fractionText : ""}`;
  return {
    kind: MONTH_UNITS.has(from) ? "INTERVAL_YEAR_MONTH" : "INTERVAL_DAY_TIME",
    resolution,
    nullable: false,
  };
}
