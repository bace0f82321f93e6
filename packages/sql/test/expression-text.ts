import type { Expression, Identifier, IntervalQualifier, TypeNode } from "@tributary/sql";

/** A tree or a part of one, without the spans: what two texts of one meaning have in common. */
export function withoutSpans<T>(tree: T): T {
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) => {
      if (key === "span" || key === "quoted") return undefined;
      if (value instanceof Uint8Array) return [...value];
      return value;
    }),
  ) as T;
}

const STRENGTHS: Readonly<Record<string, number>> = {
  OR: 1,
  AND: 2,
  "=": 5,
  "<>": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  OVERLAPS: 6,
  "+": 7,
  "-": 7,
  "*": 8,
  "/": 8,
  "%": 8,
  "||": 8,
};
const PRIMARY = 10;

const KIND_STRENGTHS: Partial<Record<Expression["kind"], number>> = {
  IsPredicate: 4,
  IsDistinctFrom: 4,
  Between: 6,
  InList: 6,
  Like: 6,
};

function strengthOf(node: Expression): number {
  if (node.kind === "Binary") return STRENGTHS[node.operator] ?? 0;
  if (node.kind === "Unary") return node.operator === "NOT" ? 3 : 9;
  return KIND_STRENGTHS[node.kind] ?? PRIMARY;
}

const name = ({ name: text }: Identifier): string =>
  /^[a-z]\d*$/.test(text) ? text : `\`${text.replaceAll("`", "``")}\``;
const string = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const list = (items: readonly Expression[]): string => items.map((item) => print(item)).join(", ");

/** As few brackets as the strengths allow. */
function print(node: Expression, least = 0): string {
  const text = printBare(node);
  return strengthOf(node) < least ? `(${text})` : text;
}

function printBare(node: Expression): string {
  switch (node.kind) {
    case "NumberLiteral":
      return node.text;
    case "StringLiteral":
      return string(node.value);
    case "BinaryLiteral":
      return `X'${Buffer.from(node.value).toString("hex")}'`;
    case "BooleanLiteral":
      return node.value === null ? "UNKNOWN" : String(node.value).toUpperCase();
    case "NullLiteral":
      return "NULL";
    case "DateTimeLiteral":
      return `${node.type} ${string(node.value.value)}`;
    case "IntervalLiteral":
      return `INTERVAL ${node.sign < 0 ? "-" : ""}${string(node.value.value)} ${printQualifier(node.qualifier)}`;
    case "ColumnReference":
      return node.parts.map(name).join(".");
    case "FieldAccess": {
      const bracketed = node.operand.kind === "ColumnReference" || node.operand.kind === "NumberLiteral";
      const operand = bracketed ? `(${print(node.operand)})` : print(node.operand, PRIMARY);
      return `${operand}.${name(node.field)}`;
    }
    case "ItemAccess":
      return `${print(node.operand, PRIMARY)}[${print(node.index)}]`;
    case "Unary":
      return `${node.operator} ${print(node.operand, strengthOf(node))}`;
    case "Binary": {
      const strength = strengthOf(node);
      return `${print(node.left, strength)} ${node.operator} ${print(node.right, strength + 1)}`;
    }
    case "IsPredicate":
      return `${print(node.operand, 4)} IS ${node.negated ? "NOT " : ""}${node.test}`;
    case "IsDistinctFrom":
      return `${print(node.left, 4)} IS ${node.negated ? "NOT " : ""}DISTINCT FROM ${print(node.right, 5)}`;
    case "Between": {
      const words = `${node.negated ? "NOT " : ""}BETWEEN ${node.symmetric ? "SYMMETRIC " : ""}`;
      return `${print(node.operand, 6)} ${words}${print(node.low, 7)} AND ${print(node.high, 7)}`;
    }
    case "InList":
      return `${print(node.operand, 6)} ${node.negated ? "NOT " : ""}IN (${list(node.values)})`;
    case "Like": {
      const escape = node.escape === undefined ? "" : ` ESCAPE ${print(node.escape, 7)}`;
      return `${print(node.operand, 6)} ${node.negated ? "NOT " : ""}${node.form} ${print(node.pattern, 7)}${escape}`;
    }
    case "Case": {
      const operand = node.operand === undefined ? "" : ` ${print(node.operand)}`;
      const branches = node.branches.map(
        ({ conditions, result }) => ` WHEN ${list(conditions)} THEN ${print(result)}`,
      );
      const otherwise = node.otherwise === undefined ? "" : ` ELSE ${print(node.otherwise)}`;
      return `CASE${operand}${branches.join("")}${otherwise} END`;
    }
    case "Cast":
      return `${node.safe ? "TRY_CAST" : "CAST"}(${print(node.operand)} AS ${printType(node.type)})`;
    case "FunctionCall": {
      const parts = node.arguments.map((argument) => print(argument as Expression)).join(", ");
      const quantifier = node.quantifier === undefined ? "" : `${node.quantifier} `;
      const filter = node.filter === undefined ? "" : ` FILTER (WHERE ${print(node.filter)})`;
      return `${node.name.parts.map(name).join(".")}(${quantifier}${parts})${filter}`;
    }
    case "Trim": {
      const characters = node.characters === undefined ? "" : `${print(node.characters)} `;
      return `TRIM(${node.side} ${characters}FROM ${print(node.operand)})`;
    }
    case "TimeDifference":
      return `(${print(node.left, 7)} - ${print(node.right, 8)}) ${printQualifier(node.qualifier)}`;
    case "RowConstructor":
      return `${node.explicit ? "ROW" : ""}(${list(node.items)})`;
    case "CollectionConstructor":
      return `${node.collection}[${list(node.items)}]`;
    case "MapConstructor":
      return `MAP[${node.entries.map(({ key, value }) => `${print(key)}, ${print(value)}`).join(", ")}]`;
    case "Exists":
    case "InSubquery":
    case "JsonArray":
    case "JsonExists":
    case "JsonObject":
    case "JsonQuery":
    case "JsonValue":
    case "QuantifiedComparison":
    case "Subquery":
      throw new TypeError(`not generated: ${node.kind}`);
  }
}

/** Text that reads as the tree. Covers the nodes that the generators make. */
export const expressionText = (node: Expression): string => print(node);

function printQualifier({ from, precision, to, fraction }: IntervalQualifier): string {
  const tail = fraction === undefined ? "" : `(${fraction})`;
  const head = precision === undefined ? from : `${from}(${precision})`;
  return to === undefined ? head : `${head} TO ${to}${tail}`;
}

/** Text that reads as the type. */
export function printType(type: TypeNode): string {
  const nullable = type.nullable === undefined ? "" : type.nullable ? " NULL" : " NOT NULL";
  return `${printBareType(type)}${nullable}`;
}

function printBareType(type: TypeNode): string {
  switch (type.kind) {
    case "ScalarType":
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.join(", ")})`;
    case "IntervalType":
      return `INTERVAL ${printQualifier(type.qualifier)}`;
    case "CollectionType":
      return `${type.collection}<${printType(type.element)}>`;
    case "MapType":
      return `MAP<${printType(type.key)}, ${printType(type.value)}>`;
    case "RowType":
      return `ROW<${type.fields.map((field) => `${name(field.name)} ${printType(field.type)}`).join(", ")}>`;
    case "RawType":
      return `RAW(${string(type.className.value)}, ${string(type.snapshot.value)})`;
    case "UserType":
      return type.name.parts.map(name).join(".");
  }
}
