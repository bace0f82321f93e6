import type {
  CollectionTypeNode,
  IntervalQualifier,
  IntervalUnit,
  RowTypeField,
  ScalarTypeName,
  ScalarTypeNode,
  Span,
  TypeNode,
} from "../ast.js";
import { BaseGrammar } from "./base-grammar.js";
import { IntegerToken, IntervalUnitWord, K, Name, S, ScalarTypeWord, StringToken } from "./vocabulary.js";

const SYNONYMS: Readonly<Record<string, ScalarTypeName>> = {
  INTEGER: "INT",
  REAL: "FLOAT",
  DEC: "DECIMAL",
  NUMERIC: "DECIMAL",
  CHARACTER: "CHAR",
};

/** Most numbers in brackets behind a type; types that are not listed take none. */
const PARAMETERS_MAX: Readonly<Record<string, number>> = {
  CHAR: 1,
  VARCHAR: 1,
  BINARY: 1,
  VARBINARY: 1,
  DECIMAL: 2,
  TIME: 1,
  TIMESTAMP: 1,
  TIMESTAMP_TZ: 1,
  TIMESTAMP_LTZ: 1,
};

/** What may stand behind TO. */
const FINER: Readonly<Record<IntervalUnit, readonly IntervalUnit[]>> = {
  YEAR: ["MONTH"],
  QUARTER: [],
  MONTH: [],
  WEEK: [],
  DAY: ["HOUR", "MINUTE", "SECOND"],
  HOUR: ["MINUTE", "SECOND"],
  MINUTE: ["SECOND"],
  SECOND: [],
};

type Zone = "LOCAL" | "WITH" | undefined;

/** A type before its NULL or NOT NULL is read. */
type BareType = TypeNode extends infer T
  ? T extends TypeNode
    ? Omit<T, "nullable" | "span">
    : never
  : never;

/** Data types, and interval qualifiers, which are a part of types and of literals. */
export abstract class TypeGrammar extends BaseGrammar {
  /** A type; with `bare`, a NULL behind it is not part of it. */
  readonly dataType = this.RULE("dataType", (bare?: "bare"): TypeNode => {
    this.enter();
    const start = this.peek(1).start;
    const base = this.OR<BareType>([
      { ALT: () => this.SUBRULE(this.scalarType) },
      { ALT: () => this.SUBRULE(this.intervalType) },
      { ALT: () => this.SUBRULE(this.collectionType) },
      { ALT: () => this.SUBRULE(this.mapType), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.rowType) },
      { ALT: () => this.SUBRULE(this.rawType) },
      { ALT: () => this.SUBRULE(this.userType) },
    ]);
    const nullable = this.OPTION({
      GATE: () => bare === undefined,
      DEF: () => this.SUBRULE(this.nullability),
    });
    let type = { ...base, nullable, span: this.spanFrom(start) } as TypeNode;
    this.OPTION2(() => {
      const collection = this.OR2<CollectionTypeNode["collection"]>([
        { ALT: () => (this.CONSUME(K.ARRAY), "ARRAY") },
        { ALT: () => (this.CONSUME(K.MULTISET), "MULTISET") },
      ]);
      const outer = this.OPTION3({
        GATE: () => bare === undefined,
        DEF: () => this.SUBRULE2(this.nullability),
      });
      type = {
        kind: "CollectionType",
        collection,
        element: type,
        nullable: outer,
        span: this.spanFrom(start),
      };
    });
    this.leave();
    return type;
  });

  readonly nullability = this.RULE("nullability", (): boolean =>
    this.OR<boolean>([
      { ALT: () => (this.CONSUME(K.NULL), true) },
      { ALT: () => (this.CONSUME(K.NOT), this.CONSUME2(K.NULL), false) },
    ]),
  );

  readonly scalarType = this.RULE("scalarType", (): BareType => {
    const start = this.peek(1).start;
    const word = this.CONSUME(ScalarTypeWord).image.toUpperCase();
    const varying = this.OPTION({
      GATE: () => ["CHAR", "CHARACTER", "BINARY"].includes(word),
      DEF: () => (this.CONSUME(K.VARYING), true),
    });
    this.OPTION2({ GATE: () => word === "DOUBLE", DEF: () => this.CONSUME(K.PRECISION) });
    const parameters: number[] = [];
    this.OPTION3(() => {
      this.CONSUME(S.LeftParen);
      this.AT_LEAST_ONE_SEP({
        SEP: S.Comma,
        DEF: () => {
          parameters.push(Number(this.CONSUME(IntegerToken).image));
        },
      });
      this.CONSUME(S.RightParen);
    });
    const zone = this.OPTION4({
      GATE: () => word === "TIME" || word === "TIMESTAMP",
      DEF: () => this.SUBRULE(this.timeZone),
    });
    let name = (SYNONYMS[word] ?? word) as ScalarTypeName;
    if (varying === true) name = name === "BINARY" ? "VARBINARY" : "VARCHAR";
    this.ACTION(() => {
      const span = this.spanFrom(start);
      name = this.#zoned(name, zone, span);
      if (parameters.length > (PARAMETERS_MAX[name] ?? 0)) this.#tooManyParameters(name, span);
    });
    return { kind: "ScalarType", name, parameters } satisfies Omit<ScalarTypeNode, "nullable" | "span">;
  });

  #zoned(name: ScalarTypeName, zone: Zone, span: Span): ScalarTypeName {
    if (zone === undefined) return name;
    if (name === "TIME") this.fault(span, "TIME has no time zone", "Write TIME, or TIMESTAMP_LTZ(3).");
    return zone === "LOCAL" ? "TIMESTAMP_LTZ" : "TIMESTAMP_TZ";
  }

  #tooManyParameters(name: ScalarTypeName, span: Span): never {
    const most = PARAMETERS_MAX[name] ?? 0;
    const message =
      most === 0
        ? `${name} has no length or precision`
        : `${name} has at most ${most} number${most > 1 ? "s" : ""} in brackets`;
    this.fault(span, message, most === 0 ? `Write ${name} alone.` : undefined);
  }

  /** `WITHOUT TIME ZONE`, `WITH [LOCAL] TIME ZONE` */
  readonly timeZone = this.RULE("timeZone", (): Zone => {
    const zone = this.OR<Zone>([
      { ALT: () => (this.CONSUME(K.WITHOUT), undefined) },
      {
        ALT: () => {
          this.CONSUME(K.WITH);
          const local = this.OPTION(() => (this.CONSUME(K.LOCAL), true));
          return local === true ? "LOCAL" : "WITH";
        },
      },
    ]);
    this.CONSUME(K.TIME);
    this.CONSUME(K.ZONE);
    return zone;
  });

  readonly intervalType = this.RULE("intervalType", (): BareType => {
    this.CONSUME(K.INTERVAL);
    return { kind: "IntervalType", qualifier: this.SUBRULE(this.intervalQualifier) };
  });

  readonly collectionType = this.RULE("collectionType", (): BareType => {
    const collection = this.OR<CollectionTypeNode["collection"]>([
      { ALT: () => (this.CONSUME(K.ARRAY), "ARRAY") },
      { ALT: () => (this.CONSUME(K.MULTISET), "MULTISET") },
    ]);
    this.CONSUME(S.Less);
    const element = this.SUBRULE(this.dataType);
    this.CONSUME(S.Greater);
    return { kind: "CollectionType", collection, element };
  });

  readonly mapType = this.RULE("mapType", (): BareType => {
    this.CONSUME(K.MAP);
    this.CONSUME(S.Less);
    const key = this.SUBRULE(this.dataType);
    this.CONSUME(S.Comma);
    const value = this.SUBRULE2(this.dataType);
    this.CONSUME(S.Greater);
    return { kind: "MapType", key, value };
  });

  readonly rowType = this.RULE("rowType", (): BareType => {
    const fields: RowTypeField[] = [];
    this.CONSUME(K.ROW);
    this.OR([
      { ALT: () => this.CONSUME(S.NotEqual) },
      {
        ALT: () => {
          this.CONSUME(S.Less);
          this.MANY_SEP({ SEP: S.Comma, DEF: () => void fields.push(this.SUBRULE(this.rowField)) });
          this.CONSUME(S.Greater);
        },
      },
      {
        ALT: () => {
          this.CONSUME(S.LeftParen);
          this.MANY_SEP2({ SEP: S.Comma, DEF: () => void fields.push(this.SUBRULE2(this.rowField)) });
          this.CONSUME(S.RightParen);
        },
      },
    ]);
    return { kind: "RowType", fields };
  });

  readonly rowField = this.RULE("rowField", (): RowTypeField => {
    const start = this.peek(1).start;
    const name = this.toIdentifier(this.CONSUME(Name));
    const type = this.SUBRULE(this.dataType);
    const comment = this.OPTION(() => this.toStringLiteral(this.CONSUME(StringToken)));
    return { kind: "RowTypeField", name, type, comment, span: this.spanFrom(start) };
  });

  readonly rawType = this.RULE("rawType", (): BareType => {
    this.CONSUME(K.RAW);
    this.CONSUME(S.LeftParen);
    const className = this.toStringLiteral(this.CONSUME(StringToken));
    this.CONSUME(S.Comma);
    const snapshot = this.toStringLiteral(this.CONSUME2(StringToken));
    this.CONSUME(S.RightParen);
    return { kind: "RawType", className, snapshot };
  });

  /** A user type; `BITMAP` is a type of the language although the word is free. */
  readonly userType = this.RULE("userType", (): BareType => {
    const name = this.SUBRULE(this.qualifiedName);
    const only = name.parts?.length === 1 ? name.parts[0] : undefined;
    if (only !== undefined && !only.quoted && only.name.toUpperCase() === "BITMAP")
      return { kind: "ScalarType", name: "BITMAP", parameters: [] };
    return { kind: "UserType", name };
  });

  /** `DAY(3) TO SECOND(6)` */
  readonly intervalQualifier = this.RULE("intervalQualifier", (): IntervalQualifier => {
    const start = this.peek(1).start;
    const from = toIntervalUnit(this.CONSUME(IntervalUnitWord).image);
    let precision: number | undefined;
    let fraction: number | undefined;
    this.OPTION(() => {
      this.CONSUME(S.LeftParen);
      precision = Number(this.CONSUME(IntegerToken).image);
      this.OPTION2({
        GATE: () => from === "SECOND",
        DEF: () => {
          this.CONSUME(S.Comma);
          fraction = Number(this.CONSUME2(IntegerToken).image);
        },
      });
      this.CONSUME(S.RightParen);
    });
    const to = this.OPTION3(() => {
      this.CONSUME(K.TO);
      const unit = toIntervalUnit(this.CONSUME2(IntervalUnitWord).image);
      this.ACTION(() => {
        if (!FINER[from].includes(unit)) this.#notFiner(from, unit);
      });
      this.OPTION4({
        GATE: () => unit === "SECOND",
        DEF: () => {
          this.CONSUME2(S.LeftParen);
          fraction = Number(this.CONSUME3(IntegerToken).image);
          this.CONSUME2(S.RightParen);
        },
      });
      return unit;
    });
    return { kind: "IntervalQualifier", from, precision, to, fraction, span: this.spanFrom(start) };
  });

  #notFiner(from: IntervalUnit, to: IntervalUnit): never {
    const allowed = FINER[from];
    const hint =
      allowed.length === 0
        ? `An interval in ${from}s has one field; write ${from} alone.`
        : `${from} can be followed by TO ${allowed.join(", TO ")}.`;
    this.fault(this.peek(0), `An interval cannot reach from ${from} to ${to}`, hint, allowed);
  }
}

/** `DAYS` and `day` are `DAY`. */
function toIntervalUnit(word: string): IntervalUnit {
  return word.toUpperCase().replace(/S$/, "") as IntervalUnit;
}
