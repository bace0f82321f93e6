/**
 * The back end that generates JavaScript: a whole stage becomes one function. Constants, column names and
 * implementations reach it as parameters; the text holds nothing but names that are made here, so a script cannot
 * inject code.
 */
import type { SqlValue } from "@tributary/core";
import type { Scalar, ScalarCall, ScalarCase } from "./scalar.js";

/** A value in generated code: a variable's name, and whether it may be `null` there. */
export interface CodeValue {
  readonly text: string;
  readonly mayBeNull: boolean;
}

/** Makes each function's text its own, so that the engine collects types for each one apart. */
let serial = 0;

/** Writes the statements of one function and collects what is passed to it. */
export class CodeWriter {
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];
  readonly #known = new Map<unknown, string>();
  readonly #calls: ScalarCall[] = [];
  #lines: string[] = [];
  #variables = 0;

  /** Calls that can fail; the variable `at` holds the index of the one that runs. */
  get calls(): readonly ScalarCall[] {
    return this.#calls;
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  variable(): string {
    this.#variables += 1;
    return `v${this.#variables}`;
  }

  /** A name under which the function sees `value`. */
  parameter(value: unknown): string {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const name = `p${this.#names.length}`;
    this.#names.push(name);
    this.#values.push(value);
    this.#known.set(value, name);
    return name;
  }

  /** Columns of the input row that were read already, by name: valid where the function's top level is written. */
  readonly columns = new Map<string, CodeValue>();

  /** Reads the columns of `scalars` once, at the top level. */
  readColumns(
    scalars: readonly Scalar[],
    row: string,
    visit: (one: Scalar, seen: (name: string) => void) => void,
  ): void {
    for (const scalar of scalars) {
      visit(scalar, (name) => {
        if (this.columns.has(name)) return;
        const variable = this.variable();
        this.line(`const ${variable} = ${row}[${this.parameter(name)}];`);
        this.columns.set(name, { text: variable, mayBeNull: true });
      });
    }
  }

  /** Writes what works out `scalar` and returns where its value is. */
  value(scalar: Scalar, row: string): CodeValue {
    switch (scalar.kind) {
      case "literal":
        return this.#literal(scalar.value);
      case "column": {
        const known = this.columns.get(scalar.name);
        if (known !== undefined) return known;
        const variable = this.variable();
        this.line(`const ${variable} = ${row}[${this.parameter(scalar.name)}];`);
        return { text: variable, mayBeNull: true };
      }
      case "call":
        return this.#call(scalar, row);
      case "logical":
        return this.#logical(scalar.operator, scalar.operands, row);
      case "coalesce":
        return this.#coalesce(scalar.operands, row);
      case "case":
        return this.#case(scalar, row);
    }
  }

  #literal(value: SqlValue): CodeValue {
    if (value === null) return { text: "null", mayBeNull: true };
    if (value === true || value === false) return { text: String(value), mayBeNull: false };
    return { text: this.parameter(value), mayBeNull: false };
  }

  #call(call: ScalarCall, row: string): CodeValue {
    const { implementation } = call;
    const args = call.arguments.map((one) => this.value(one, row));
    const texts = args.map((one) => one.text);
    const work =
      implementation.inline?.(texts) ?? `${this.parameter(implementation.evaluate)}(${texts.join(", ")})`;
    const result = this.variable();
    const checks =
      implementation.nulls === "strict"
        ? args.filter((one) => one.mayBeNull).map((one) => `${one.text} !== null`)
        : [];
    const mark = implementation.canFail ? `at = ${this.#calls.push(call) - 1}; ` : "";
    if (checks.length === 0) {
      if (mark !== "") this.line(mark);
      this.line(`const ${result} = ${work};`);
    } else {
      this.line(`let ${result} = null;`);
      this.line(`if (${checks.join(" && ")}) { ${mark}${result} = ${work}; }`);
    }
    return { text: result, mayBeNull: checks.length > 0 || implementation.canBeNull };
  }

  #logical(operator: "AND" | "OR", operands: readonly Scalar[], row: string): CodeValue {
    const decides = operator === "OR";
    const result = this.variable();
    this.line(`let ${result} = ${!decides};`);
    let mayBeNull = false;
    let depth = 0;
    operands.forEach((operand, index) => {
      if (index > 0) {
        this.line(`if (${result} !== ${decides}) {`);
        depth += 1;
      }
      const value = this.value(operand, row);
      if (index === 0) this.line(`${result} = ${value.text};`);
      else if (value.mayBeNull || mayBeNull)
        this.line(
          `if (${value.text} === ${decides}) ${result} = ${decides}; else if (${value.text} === null) ${result} = null;`,
        );
      else this.line(`${result} = ${value.text};`);
      mayBeNull ||= value.mayBeNull;
    });
    this.line("}".repeat(depth));
    return { text: result, mayBeNull };
  }

  #coalesce(operands: readonly Scalar[], row: string): CodeValue {
    const result = this.variable();
    this.line(`let ${result} = null;`);
    let depth = 0;
    let mayBeNull = true;
    for (const operand of operands) {
      if (depth > 0) this.line(`if (${result} === null) {`);
      depth += 1;
      const value = this.value(operand, row);
      this.line(`${result} = ${value.text};`);
      if (!value.mayBeNull) {
        mayBeNull = false;
        break;
      }
    }
    this.line("}".repeat(depth - 1));
    return { text: result, mayBeNull };
  }

  #case(scalar: ScalarCase, row: string): CodeValue {
    const result = this.variable();
    this.line(`let ${result} = null;`);
    let mayBeNull = false;
    for (const branch of scalar.branches) {
      const condition = this.value(branch.condition, row);
      this.line(`if (${condition.text} === true) {`);
      const value = this.value(branch.result, row);
      this.line(`${result} = ${value.text};`);
      this.line("} else {");
      mayBeNull ||= value.mayBeNull;
    }
    const otherwise = this.value(scalar.otherwise, row);
    this.line(`${result} = ${otherwise.text};`);
    this.line("}".repeat(scalar.branches.length));
    return { text: result, mayBeNull: mayBeNull || otherwise.mayBeNull };
  }

  /** The function `(parameters) => { body }` with everything it was promised; `at` is in scope. */
  finish(parameters: string, fail: (error: unknown, call: ScalarCall | undefined) => unknown): unknown {
    const calls = this.#calls;
    const report = this.parameter((error: unknown, at: number) => fail(error, calls[at]));
    const body = this.#lines.join("\n");
    serial += 1;
    const text =
      calls.length === 0
        ? `"use strict"; /* ${serial} */ return (${parameters}) => {\n${body}\n};`
        : `"use strict"; /* ${serial} */ return (${parameters}) => { let at = 0; try {\n${body}\n} catch (error) { throw ${report}(error, at); } };`;
    // The only text that is not written in this file or by an `inline` of ours is numbers counted here.
    // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
    return (new Function(...this.#names, text) as (...values: unknown[]) => unknown)(...this.#values);
  }
}
