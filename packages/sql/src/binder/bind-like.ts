/** LIKE and SIMILAR TO: a constant pattern is compiled once, another one is remembered. */
import type { Scalar } from "../expressions/scalar.js";
import { ScalarFault, implementation } from "../expressions/scalar.js";
import { BOOLEAN, isText, withNullable } from "../expressions/type-rules.js";
import { PatternError, likeMatcher, similarMatcher } from "../functions/text-pattern.js";
import type { Like } from "../parser/ast.js";
import type { ExpressionBinder } from "./bind-expression.js";

type Matcher = (text: string) => boolean;

/** Most patterns remembered for one LIKE. */
const PATTERNS_MAX = 64;

/** Binds LIKE, SIMILAR TO and their negations. */
export function bindLike(node: Like, binder: ExpressionBinder): Scalar {
  const { faults } = binder.context;
  const parts = [node.operand, node.pattern, ...(node.escape === undefined ? [] : [node.escape])];
  const args = parts.map((one) => {
    const scalar = binder.bind(one);
    if (!isText(scalar.type) && scalar.type.kind !== "NULL")
      return faults.invalid(one.span, `${node.form} compares texts, not ${scalar.type.kind}.`);
    return scalar;
  });
  const compile = node.form === "LIKE" ? likeMatcher : similarMatcher;
  const [, pattern, escape] = args as [Scalar, Scalar, Scalar?];
  const print = ([x, p, e]: readonly string[]): string =>
    `(${x} ${node.form} ${p}${e === undefined ? "" : ` ESCAPE ${e}`})`;
  const isConstant =
    pattern.kind === "literal" &&
    typeof pattern.value === "string" &&
    (escape === undefined || (escape.kind === "literal" && typeof escape.value === "string"));
  let evaluate: (text: string, pattern: string, escape?: string) => boolean;
  if (isConstant) {
    try {
      const made = compile(
        pattern.value,
        escape === undefined ? undefined : ((escape as { value: unknown }).value as string),
      );
      evaluate = (text) => made(text);
    } catch (error) {
      if (error instanceof PatternError) return faults.invalid(node.pattern.span, `${error.message}.`);
      throw error;
    }
  } else {
    const matcher = remembered(compile);
    evaluate = (text, one, other) => matcher(one, other)(text);
  }
  const made = implementation(node.form, evaluate, {
    canFail: !isConstant,
    print,
  });
  const scalar: Scalar = {
    kind: "call",
    type: withNullable(
      BOOLEAN,
      args.some((one) => one.type.nullable),
    ),
    implementation: made,
    arguments: args,
    span: node.span,
  };
  return node.negated ? binder.not(node, scalar) : scalar;
}

function remembered(
  compile: (pattern: string, escape?: string) => Matcher,
): (pattern: string, escape?: string) => Matcher {
  const known = new Map<string, Matcher>();
  return (pattern, escape) => {
    const key = `${escape ?? ""} ${pattern}`;
    let matcher = known.get(key);
    if (matcher === undefined) {
      try {
        matcher = compile(pattern, escape);
      } catch (error) {
        throw error instanceof PatternError ? new ScalarFault(error.message) : error;
      }
      if (known.size >= PATTERNS_MAX) known.clear();
      known.set(key, matcher);
    }
    return matcher;
  };
}
