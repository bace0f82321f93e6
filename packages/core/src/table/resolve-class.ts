/** The class that an option of a table names: found, checked against its contract, or said what is wrong with it. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError, invariant } from "../diagnostics/error.js";
import { nearestFirst, probablyMeant } from "../diagnostics/nearest.js";
import { classShapeFault, withArticle } from "../factory/class-contract.js";
import type { ClassRequest, ResolvedClass } from "../factory/class-contract.js";
import { parseClassReference } from "../factory/class-files.js";
import type { ClassReference } from "../factory/class-files.js";
import type { BoundClass } from "../factory/registry.js";
import type { PlanContext } from "./planning.js";

type Made<T extends object, A extends readonly unknown[]> = ResolvedClass<T, A> | undefined;

export class ClassResolver<T extends object, A extends readonly unknown[]> {
  readonly #request: ClassRequest<T, A>;
  readonly #table: string;
  readonly #context: PlanContext;
  readonly #report: (diagnostic: Diagnostic) => void;

  constructor(
    request: ClassRequest<T, A>,
    table: string,
    context: PlanContext,
    report: (diagnostic: Diagnostic) => void,
  ) {
    this.#request = request;
    this.#table = table;
    this.#context = context;
    this.#report = report;
  }

  /** @returns undefined after a fault was reported. */
  resolve(): Made<T, A> {
    const { name } = this.#request;
    const reference = parseClassReference(name);
    if (reference !== undefined) return this.#inFile(reference);
    const bound = this.#context.registry.findClass(name);
    if (bound === undefined) return this.#request.isOptional === true ? undefined : this.#notBound();
    return this.#bound(bound);
  }

  #bound(bound: BoundClass): Made<T, A> {
    const { contract, name } = this.#request;
    if (bound.contract.name === contract.name) return this.#resolved((args) => bound.make(...args));
    const registration = this.#context.registry.classes.find((one) => one.name === name);
    invariant(registration !== undefined, "every class of a registry is listed");
    return this.#fault(
      `which the module ${registration.module}@${registration.version} binds as ${withArticle(bound.contract)}; ${withArticle(contract)} is needed`,
      `Name ${withArticle(contract)}.`,
    );
  }

  #notBound(): undefined {
    const { name, contract } = this.#request;
    if (/^\.{1,2}\//.test(name)) {
      return this.#fault("without saying which export of the file it is", `Write '${name}#Export'.`);
    }
    if (name.includes("#")) {
      return this.#fault(
        "which is no name of a class",
        `A file is named relative to the script, as in './${name}'.`,
      );
    }
    const meant = probablyMeant(name, this.#accepted());
    return this.#fault(
      "which no loaded module binds",
      meant === undefined
        ? `Load the module that binds it as ${withArticle(contract)}, or name a class beside the script, as in './file.mjs#Export'.`
        : `Did you mean '${meant}'?`,
    );
  }

  #inFile({ path, exportName }: ClassReference): Made<T, A> {
    const files = this.#context.classFiles;
    if (files === undefined) {
      return this.#fault(
        "which is in a file, and files are not loaded here",
        "Plan with planWithClassFiles, or bind the class in a module.",
      );
    }
    const file = files.find(path);
    switch (file.state) {
      case "absent":
        return this.#fault(`and there is no file ${files.pathOf(path)}`, "Names are relative to the script.");
      case "failed":
        return this.#fault(
          `and its file cannot be loaded: ${messageOf(file.error)}`,
          "Correct the file; node runs it as an ES module.",
        );
      case "unread":
        return this.#unchecked();
      case "loaded":
        return this.#exported(path, exportName, file.exports);
    }
  }

  #exported(path: string, exportName: string, exports: Readonly<Record<string, unknown>>): Made<T, A> {
    const { contract } = this.#request;
    const fitting = Object.keys(exports)
      .filter((key) => classShapeFault(contract, exports[key]) === undefined)
      .map((key) => `${path}#${key}`);
    if (!Object.hasOwn(exports, exportName)) {
      return this.#fault("which its file does not export", "Export the class under this name.", fitting);
    }
    const type = exports[exportName];
    const shape = classShapeFault(contract, type);
    if (shape !== undefined) {
      const methods = contract.methods.map((method) => `'${method}'`).join(" and ");
      return this.#fault(
        `which is not ${withArticle(contract)}: it ${shape}`,
        `Export a class with ${methods}: a method, not a field that holds a function.`,
        fitting,
      );
    }
    return this.#resolved((args) => new (type as new (...args: A) => object)(...args));
  }

  #unchecked(): ResolvedClass<T, A> {
    const { option } = this.#request;
    this.#report({
      severity: "info",
      code: "OPTION_IGNORED",
      message: `${this.#subject()}: its file is there, and is executed and checked only when the job is run.`,
      option,
      hint: "To have it checked before, bind the class in a module.",
    });
    return this.#resolved(() => {
      throw new Error("its file has not been loaded");
    });
  }

  #resolved(make: (args: A) => object): ResolvedClass<T, A> {
    const { name, option } = this.#request;
    return {
      name,
      make: (...args) => {
        try {
          // The class has the methods of the contract; their types are the author's word.
          return make(args) as T;
        } catch (error) {
          if (TributaryError.is(error)) throw error;
          throw new TributaryError(
            {
              severity: "error",
              code: "OPTION_INVALID",
              message: `${this.#subject()}, and no instance can be made: ${messageOf(error)}`,
              table: this.#table,
              option,
              value: name,
            },
            { cause: error },
          );
        }
      },
    };
  }

  #subject(): string {
    const { option, name } = this.#request;
    return `Option '${option}' of table '${this.#table}' names the class '${name}'`;
  }

  /** Names that modules bind for the contract, and the option's own words. */
  #accepted(): readonly string[] {
    const { contract, words = [] } = this.#request;
    const bound = this.#context.registry.classes.filter((one) => one.contract === contract.name);
    return [...words, ...bound.map((one) => one.name)];
  }

  #fault(what: string, hint: string, more: readonly string[] = []): undefined {
    const { name, option } = this.#request;
    this.#report({
      severity: "error",
      code: "OPTION_INVALID",
      message: `${this.#subject()}${what.startsWith("without") ? " " : ", "}${what}.`,
      option,
      value: name,
      candidates: nearestFirst(name, [...this.#accepted(), ...more]),
      hint,
    });
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
