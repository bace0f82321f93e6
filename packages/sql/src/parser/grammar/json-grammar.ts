import type {
  Expression,
  JsonArray,
  JsonBehaviour,
  JsonExists,
  JsonObject,
  JsonQuery,
  JsonValue,
} from "../ast.js";
import { SpecialFormGrammar } from "./special-form-grammar.js";
import { K, S } from "./vocabulary.js";

type Behaviour = JsonBehaviour["behaviour"];
type Entry = JsonObject["entries"][number];
type OnNull = JsonObject["onNull"];

const VALUE_BEHAVIOURS: readonly Behaviour[] = ["NULL", "ERROR", "DEFAULT"];
const QUERY_BEHAVIOURS: readonly Behaviour[] = ["NULL", "ERROR", "EMPTY ARRAY", "EMPTY OBJECT"];
const EXISTS_BEHAVIOURS: readonly Behaviour[] = ["TRUE", "FALSE", "UNKNOWN", "ERROR"];

/** `x ON EMPTY` and `y ON ERROR`. */
interface Clauses {
  readonly onEmpty: JsonBehaviour | undefined;
  readonly onError: JsonBehaviour | undefined;
}

/** The JSON functions with clauses. */
export abstract class JsonGrammar extends SpecialFormGrammar {
  readonly jsonValue = this.RULE("jsonValue", (): JsonValue => {
    const start = this.peek(1).start;
    this.CONSUME(K.JSON_VALUE);
    this.CONSUME(S.LeftParen);
    const input = this.SUBRULE(this.expression);
    this.CONSUME(S.Comma);
    const path = this.SUBRULE2(this.expression);
    const returning = this.OPTION(() => {
      this.CONSUME(K.RETURNING);
      return this.SUBRULE(this.dataType, { ARGS: ["bare"] });
    });
    const clauses = this.SUBRULE(this.jsonClauses, { ARGS: [VALUE_BEHAVIOURS] });
    this.CONSUME(S.RightParen);
    return { kind: "JsonValue", input, path, returning, ...clauses, span: this.spanFrom(start) };
  });

  readonly jsonQuery = this.RULE("jsonQuery", (): JsonQuery => {
    const start = this.peek(1).start;
    this.CONSUME(K.JSON_QUERY);
    this.CONSUME(S.LeftParen);
    const input = this.SUBRULE(this.expression);
    this.CONSUME(S.Comma);
    const path = this.SUBRULE2(this.expression);
    const returning = this.OPTION(() => {
      this.CONSUME(K.RETURNING);
      return this.SUBRULE(this.dataType, { ARGS: ["bare"] });
    });
    const wrapper = this.OPTION2(() => this.SUBRULE(this.jsonWrapper));
    const clauses = this.SUBRULE(this.jsonClauses, { ARGS: [QUERY_BEHAVIOURS] });
    this.CONSUME(S.RightParen);
    return { kind: "JsonQuery", input, path, returning, wrapper, ...clauses, span: this.spanFrom(start) };
  });

  readonly jsonExists = this.RULE("jsonExists", (): JsonExists => {
    const start = this.peek(1).start;
    this.CONSUME(K.JSON_EXISTS);
    this.CONSUME(S.LeftParen);
    const input = this.SUBRULE(this.expression);
    this.CONSUME(S.Comma);
    const path = this.SUBRULE2(this.expression);
    const onError = this.OPTION(() => {
      const behaviour = this.SUBRULE(this.jsonBehaviour, { ARGS: [EXISTS_BEHAVIOURS] });
      this.CONSUME(K.ON);
      this.CONSUME(K.ERROR);
      return behaviour;
    });
    this.CONSUME(S.RightParen);
    return { kind: "JsonExists", input, path, onError, span: this.spanFrom(start) };
  });

  /** `WITH [CONDITIONAL | UNCONDITIONAL] [ARRAY] WRAPPER`, `WITHOUT [ARRAY] WRAPPER` */
  readonly jsonWrapper = this.RULE("jsonWrapper", (): NonNullable<JsonQuery["wrapper"]> => {
    const wrapper = this.OR<NonNullable<JsonQuery["wrapper"]>>([
      { ALT: () => (this.CONSUME(K.WITHOUT), "WITHOUT") },
      {
        ALT: () => {
          this.CONSUME(K.WITH);
          const kind = this.OPTION(() =>
            this.OR2<"CONDITIONAL" | "UNCONDITIONAL">([
              { ALT: () => (this.CONSUME(K.CONDITIONAL), "CONDITIONAL") },
              { ALT: () => (this.CONSUME(K.UNCONDITIONAL), "UNCONDITIONAL") },
            ]),
          );
          return kind ?? "UNCONDITIONAL";
        },
      },
    ]);
    this.OPTION2(() => this.CONSUME(K.ARRAY));
    this.CONSUME(K.WRAPPER);
    return wrapper;
  });

  readonly jsonClauses = this.RULE("jsonClauses", (allowed: readonly Behaviour[]): Clauses => {
    let onEmpty: JsonBehaviour | undefined;
    let onError: JsonBehaviour | undefined;
    this.MANY(() => {
      const behaviour = this.SUBRULE(this.jsonBehaviour, { ARGS: [allowed] });
      this.CONSUME(K.ON);
      this.OR([
        {
          GATE: () => onEmpty === undefined && onError === undefined,
          ALT: () => {
            this.CONSUME(K.EMPTY);
            onEmpty = behaviour;
          },
        },
        {
          GATE: () => onError === undefined,
          ALT: () => {
            this.CONSUME(K.ERROR);
            onError = behaviour;
          },
        },
      ]);
    });
    return { onEmpty, onError };
  });

  readonly jsonBehaviour = this.RULE("jsonBehaviour", (allowed: readonly Behaviour[]): JsonBehaviour => {
    const start = this.peek(1).start;
    let value: Expression | undefined;
    const behaviour = this.OR<Behaviour>([
      { ALT: () => (this.CONSUME(K.NULL), "NULL") },
      { ALT: () => (this.CONSUME(K.ERROR), "ERROR") },
      { ALT: () => (this.CONSUME(K.TRUE), "TRUE") },
      { ALT: () => (this.CONSUME(K.FALSE), "FALSE") },
      { ALT: () => (this.CONSUME(K.UNKNOWN), "UNKNOWN") },
      {
        ALT: () => {
          this.CONSUME(K.DEFAULT);
          value = this.SUBRULE(this.expression);
          return "DEFAULT";
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.EMPTY);
          return this.OR2<Behaviour>([
            { ALT: () => (this.CONSUME(K.OBJECT), "EMPTY OBJECT") },
            { ALT: () => (this.OPTION(() => this.CONSUME(K.ARRAY)), "EMPTY ARRAY") },
          ]);
        },
      },
    ]);
    const span = this.spanFrom(start);
    this.ACTION(() => {
      if (!allowed.includes(behaviour))
        this.fault(span, `${behaviour} is no answer of this function`, undefined, allowed);
    });
    return { kind: "JsonBehaviour", behaviour, value, span };
  });

  readonly jsonObject = this.RULE("jsonObject", (): JsonObject => {
    const start = this.peek(1).start;
    const entries: Entry[] = [];
    this.CONSUME(K.JSON_OBJECT);
    this.CONSUME(S.LeftParen);
    this.OPTION({
      GATE: () => !this.#seesOnNull(),
      DEF: () =>
        this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void entries.push(this.SUBRULE(this.jsonEntry)) }),
    });
    const onNull = this.SUBRULE(this.jsonOnNull);
    this.CONSUME(S.RightParen);
    return {
      kind: "JsonObject",
      aggregate: false,
      entries,
      onNull,
      filter: undefined,
      span: this.spanFrom(start),
    };
  });

  readonly jsonObjectAggregate = this.RULE("jsonObjectAggregate", (): JsonObject => {
    const start = this.peek(1).start;
    this.CONSUME(K.JSON_OBJECTAGG);
    this.CONSUME(S.LeftParen);
    const entries = [this.SUBRULE(this.jsonEntry)];
    const onNull = this.SUBRULE(this.jsonOnNull);
    this.CONSUME(S.RightParen);
    const filter = this.OPTION(() => this.SUBRULE(this.filterClause));
    return { kind: "JsonObject", aggregate: true, entries, onNull, filter, span: this.spanFrom(start) };
  });

  readonly jsonArray = this.RULE("jsonArray", (): JsonArray => {
    const start = this.peek(1).start;
    const items: Expression[] = [];
    this.CONSUME(K.JSON_ARRAY);
    this.CONSUME(S.LeftParen);
    this.OPTION({
      GATE: () => !this.#seesOnNull(),
      DEF: () =>
        this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void items.push(this.SUBRULE(this.expression)) }),
    });
    const onNull = this.SUBRULE(this.jsonOnNull);
    this.CONSUME(S.RightParen);
    return {
      kind: "JsonArray",
      aggregate: false,
      items,
      onNull,
      filter: undefined,
      span: this.spanFrom(start),
    };
  });

  readonly jsonArrayAggregate = this.RULE("jsonArrayAggregate", (): JsonArray => {
    const start = this.peek(1).start;
    this.CONSUME(K.JSON_ARRAYAGG);
    this.CONSUME(S.LeftParen);
    const items = [this.SUBRULE(this.expression)];
    const onNull = this.SUBRULE(this.jsonOnNull);
    this.CONSUME(S.RightParen);
    const filter = this.OPTION(() => this.SUBRULE(this.filterClause));
    return { kind: "JsonArray", aggregate: true, items, onNull, filter, span: this.spanFrom(start) };
  });

  /** `FILTER (WHERE condition)` */
  readonly filterClause = this.RULE("filterClause", (): Expression => {
    this.CONSUME(K.FILTER);
    this.CONSUME(S.LeftParen);
    this.CONSUME(K.WHERE);
    const condition = this.SUBRULE(this.expression);
    this.CONSUME(S.RightParen);
    return condition;
  });

  /** `[KEY] k VALUE v` */
  readonly jsonEntry = this.RULE("jsonEntry", (): Entry => {
    this.OPTION({
      GATE: () => this.sees(1, "KEY") && !this.sees(2, "VALUE", ".", "(", "[", "||"),
      DEF: () => this.CONSUME(K.KEY),
    });
    const key = this.SUBRULE(this.expression);
    this.CONSUME(K.VALUE);
    const value = this.SUBRULE2(this.expression);
    return { key, value };
  });

  readonly jsonOnNull = this.RULE("jsonOnNull", (): OnNull =>
    this.OPTION(() => {
      const behaviour = this.OR<OnNull>([
        { ALT: () => (this.CONSUME(K.NULL), "NULL") },
        { ALT: () => (this.CONSUME(K.ABSENT), "ABSENT") },
      ]);
      this.CONSUME(K.ON);
      this.CONSUME2(K.NULL);
      return behaviour;
    }),
  );

  #seesOnNull(): boolean {
    return this.sees(1, "NULL", "ABSENT") && this.sees(2, "ON");
  }
}
