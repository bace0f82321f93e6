import { nearestFirst } from "@tributary/core";
import type { ParserMethod } from "chevrotain";

import type {
  Case,
  CaseBranch,
  Cast,
  Exists,
  Expression,
  FunctionArgument,
  FunctionCall,
  Query,
  TimeUnit,
  TimeUnitNode,
  Trim,
} from "../ast.js";
import { TypeGrammar } from "./type-grammar.js";
import { type GrammarToken, IntervalUnitWord, K, Name, S } from "./vocabulary.js";

/** Least binding strength that an expression may have; see `expression-grammar.ts`. */
export const OPERAND_OF_PREDICATE = 7;

const TIME_UNITS: readonly TimeUnit[] = [
  "NANOSECOND",
  "MICROSECOND",
  "MILLISECOND",
  "SECOND",
  "MINUTE",
  "HOUR",
  "DAY",
  "DOW",
  "ISODOW",
  "DOY",
  "WEEK",
  "MONTH",
  "QUARTER",
  "YEAR",
  "ISOYEAR",
  "DECADE",
  "CENTURY",
  "MILLENNIUM",
  "EPOCH",
];

/** The functions whose arguments are not just separated by commas, other than JSON. */
export abstract class SpecialFormGrammar extends TypeGrammar {
  abstract readonly expression: ParserMethod<[least?: number], Expression>;
  abstract readonly query: ParserMethod<[], Query>;

  readonly caseForm = this.RULE("caseForm", (): Case => {
    const start = this.peek(1).start;
    const branches: CaseBranch[] = [];
    this.CONSUME(K.CASE);
    const operand = this.OPTION(() => this.SUBRULE(this.expression));
    this.AT_LEAST_ONE(() => {
      branches.push(this.SUBRULE(this.caseBranch, { ARGS: [operand !== undefined] }));
    });
    const otherwise = this.OPTION2(() => {
      this.CONSUME(K.ELSE);
      return this.SUBRULE2(this.expression);
    });
    this.CONSUME(K.END);
    return { kind: "Case", operand, branches, otherwise, span: this.spanFrom(start) };
  });

  readonly caseBranch = this.RULE("caseBranch", (several: boolean): CaseBranch => {
    const start = this.peek(1).start;
    this.CONSUME(K.WHEN);
    const conditions = [this.SUBRULE(this.expression)];
    this.MANY({
      GATE: () => several,
      DEF: () => {
        this.CONSUME(S.Comma);
        conditions.push(this.SUBRULE2(this.expression));
      },
    });
    this.CONSUME(K.THEN);
    const result = this.SUBRULE3(this.expression);
    return { kind: "CaseBranch", conditions, result, span: this.spanFrom(start) };
  });

  readonly cast = this.RULE("cast", (): Cast => {
    const start = this.peek(1).start;
    const safe = this.OR<boolean>([
      { ALT: () => (this.CONSUME(K.CAST), false) },
      { ALT: () => (this.CONSUME(K.TRY_CAST), true) },
    ]);
    this.CONSUME(S.LeftParen);
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(K.AS);
    const type = this.SUBRULE(this.dataType);
    this.CONSUME(S.RightParen);
    return { kind: "Cast", operand, type, safe, span: this.spanFrom(start) };
  });

  readonly exists = this.RULE("exists", (): Exists => {
    const start = this.peek(1).start;
    this.CONSUME(K.EXISTS);
    this.CONSUME(S.LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(S.RightParen);
    return { kind: "Exists", query, span: this.spanFrom(start) };
  });

  /** `EXTRACT(unit FROM x)` */
  readonly extract = this.RULE("extract", (): FunctionCall => {
    const word = this.CONSUME(K.EXTRACT);
    this.CONSUME(S.LeftParen);
    const unit = this.SUBRULE(this.timeUnit);
    this.CONSUME(K.FROM);
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(S.RightParen);
    return this.plainCall(word, [unit, operand]);
  });

  /** `FLOOR(x)`, `CEIL(x TO unit)` */
  readonly floor = this.RULE("floor", (): FunctionCall => {
    const word = this.OR([
      { ALT: () => this.CONSUME(K.FLOOR) },
      { ALT: () => this.CONSUME(K.CEIL) },
      { ALT: () => this.CONSUME(K.CEILING) },
    ]);
    this.CONSUME(S.LeftParen);
    const parts: FunctionArgument[] = [this.SUBRULE(this.expression)];
    this.OPTION(() => {
      this.CONSUME(K.TO);
      parts.push(this.SUBRULE(this.timeUnit));
    });
    this.CONSUME(S.RightParen);
    return this.plainCall(word, parts);
  });

  /** `OVERLAY(s PLACING t FROM i [FOR n])` */
  readonly overlay = this.RULE("overlay", (): FunctionCall => {
    const word = this.CONSUME(K.OVERLAY);
    this.CONSUME(S.LeftParen);
    const parts = [this.SUBRULE(this.expression)];
    this.CONSUME(K.PLACING);
    parts.push(this.SUBRULE2(this.expression));
    this.CONSUME(K.FROM);
    parts.push(this.SUBRULE3(this.expression));
    this.OPTION(() => {
      this.CONSUME(K.FOR);
      parts.push(this.SUBRULE4(this.expression));
    });
    this.CONSUME(S.RightParen);
    return this.plainCall(word, parts);
  });

  /** `POSITION(a IN s)`; `a` binds tighter than the predicate IN. */
  readonly position = this.RULE("position", (): FunctionCall => {
    const word = this.CONSUME(K.POSITION);
    this.CONSUME(S.LeftParen);
    const parts = [this.SUBRULE(this.expression, { ARGS: [OPERAND_OF_PREDICATE] })];
    this.CONSUME(K.IN);
    parts.push(this.SUBRULE2(this.expression));
    this.CONSUME(S.RightParen);
    return this.plainCall(word, parts);
  });

  /** `SUBSTRING(s FROM i [FOR n])`, `SUBSTRING(s, i [, n])` */
  readonly substring = this.RULE("substring", (): FunctionCall => {
    const word = this.CONSUME(K.SUBSTRING);
    this.CONSUME(S.LeftParen);
    const parts = [this.SUBRULE(this.expression)];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(K.FROM);
          parts.push(this.SUBRULE2(this.expression));
          this.OPTION(() => {
            this.CONSUME(K.FOR);
            parts.push(this.SUBRULE3(this.expression));
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(S.Comma);
          parts.push(this.SUBRULE4(this.expression));
          this.OPTION2(() => {
            this.CONSUME2(S.Comma);
            parts.push(this.SUBRULE5(this.expression));
          });
        },
      },
    ]);
    this.CONSUME(S.RightParen);
    return this.plainCall(word, parts);
  });

  /** `TRIM(s)`, `TRIM([side] [c] FROM s)` */
  readonly trim = this.RULE("trim", (): Trim => {
    const start = this.peek(1).start;
    this.CONSUME(K.TRIM);
    this.CONSUME(S.LeftParen);
    const side = this.OPTION(() =>
      this.OR<Trim["side"]>([
        { ALT: () => (this.CONSUME(K.BOTH), "BOTH") },
        { ALT: () => (this.CONSUME(K.LEADING), "LEADING") },
        { ALT: () => (this.CONSUME(K.TRAILING), "TRAILING") },
      ]),
    );
    const first = this.OPTION2(() => this.SUBRULE(this.expression));
    const source = this.OPTION3({
      GATE: () => side !== undefined || first === undefined || this.sees(1, "FROM"),
      DEF: () => {
        this.CONSUME(K.FROM);
        return this.SUBRULE2(this.expression);
      },
    });
    this.ACTION(() => {
      if (source === undefined && (side !== undefined || first === undefined)) this.#trimNeedsSource();
    });
    this.CONSUME(S.RightParen);
    const [characters, operand] = source === undefined ? [undefined, first] : [first, source];
    return {
      kind: "Trim",
      side: side ?? "BOTH",
      characters,
      operand: operand as Expression,
      span: this.spanFrom(start),
    };
  });

  #trimNeedsSource(): never {
    this.fault(this.nextSpan(), "TRIM does not say from what", "Write TRIM(s) or TRIM(BOTH 'x' FROM s).", [
      "FROM",
    ]);
  }

  readonly timeUnit = this.RULE("timeUnit", (): TimeUnitNode => {
    const token = this.OR([
      { ALT: () => this.CONSUME(IntervalUnitWord) },
      { ALT: () => this.CONSUME(Name), IGNORE_AMBIGUITIES: true },
    ]) as GrammarToken;
    const unit = toTimeUnit(this.wordOf(token));
    this.ACTION(() => {
      if (unit === undefined) {
        const units = nearestFirst(token.image, TIME_UNITS);
        this.fault(token, `'${token.image}' is no unit of time`, undefined, units);
      }
    });
    return { kind: "TimeUnit", unit: unit ?? "DAY", span: { start: token.start, end: token.end } };
  });

  /** A call of a word of the grammar, which ends at the last token read. */
  protected plainCall(word: unknown, parts: readonly FunctionArgument[]): FunctionCall {
    const token = word as GrammarToken;
    return {
      kind: "FunctionCall",
      name: {
        kind: "QualifiedName",
        parts: [this.toIdentifier(token)],
        span: { start: token.start, end: token.end },
      },
      arguments: parts,
      quantifier: undefined,
      nulls: undefined,
      withinGroup: [],
      filter: undefined,
      over: undefined,
      span: this.spanFrom(token.start),
    };
  }
}

/** `DAYS`, `day` and `SQL_TSI_DAY` are `DAY`. */
function toTimeUnit(word: string): TimeUnit | undefined {
  const plain = word.replace(/^SQL_TSI_/, "");
  if (plain === "FRAC_SECOND") return "MICROSECOND";
  return TIME_UNITS.find(
    (unit) => unit === plain || (`${unit}S` === plain && plain !== "DOWS" && plain !== "EPOCHS"),
  );
}
