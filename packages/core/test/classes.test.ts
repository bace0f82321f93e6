import "reflect-metadata";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import test from "ava";
import { ContainerModule } from "inversify";
import {
  ClassFiles,
  FactoryConflictError,
  NAMED_CLASS,
  Option,
  TributaryError,
  bindClass,
  createRegistry,
  defineModule,
  planSink,
  planWithClassFiles,
  types,
  validateTable,
} from "@tributary/core";
import type {
  ClassBinding,
  ClassContract,
  Diagnostic,
  FactoryRegistry,
  Module,
  ModuleDefinition,
  PlanContext,
  Planned,
  PlannedSink,
  ResolvedClass,
  SinkFactory,
  SinkFactoryContext,
  TableDescriptor,
  TableSink,
} from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";

// A connector with two options that name classes.

interface Greeter {
  greet(name: string): string;
}

interface Counter {
  count(): number;
}

const GREETER: ClassContract<Greeter, readonly [greeting: string]> = {
  name: "test/Greeter",
  noun: "greeter",
  methods: ["greet"],
};
const COUNTER: ClassContract<Counter, readonly []> = {
  name: "test/Counter",
  noun: "element counter",
  methods: ["count"],
};

class Options {
  @Option({ key: "greeter", type: "string", summary: "Names a class." })
  readonly greeter?: string;

  @Option({ key: "counter", type: "string", summary: "Names a class." })
  readonly counter?: string;
}

/** What the factory got for `greeter`, by table. */
const resolved = new Map<string, ResolvedClass<Greeter, readonly [string]>>();

class GreetingSink implements SinkFactory<Options> {
  readonly role = "sink";
  readonly identifier = "greeting";
  readonly provides = "Sink";
  readonly options = Options;
  readonly format = "none";
  readonly metadata = [];
  create({ greeter, counter }: Options, context: SinkFactoryContext): TableSink {
    const found =
      greeter === undefined
        ? undefined
        : context.resolveClass({ contract: GREETER, option: "greeter", name: greeter, words: ["polite"] });
    if (found !== undefined) resolved.set(context.table.name, found);
    if (counter !== undefined) context.resolveClass({ contract: COUNTER, option: "counter", name: counter });
    return { sink: { createWriter: () => Promise.reject(new Error("unused")) }, supportsPartitions: false };
  }
}

const connector = defineModule({ name: "greeting", version: "1.0.0", factories: [new GreetingSink()] });

class Loud implements Greeter {
  readonly #greeting: string;
  readonly #mark: string;
  constructor(greeting: string, mark = "") {
    this.#greeting = greeting;
    this.#mark = mark;
  }
  greet(name: string): string {
    return `${this.#greeting}, ${name}!${this.#mark}`;
  }
}

class One implements Counter {
  count(): number {
    return 1;
  }
}

function classes(
  name: string,
  named: Readonly<Record<string, ClassBinding>>,
  more: Partial<ModuleDefinition> = {},
): Module {
  return defineModule({ name, version: "1.0.0", file: "src/classes.ts", classes: named, ...more });
}

const MARK = Symbol("mark");
const acme = classes(
  "acme",
  {
    "org.acme.Loud": bindClass(GREETER, Loud),
    "org.acme.Marked": bindClass(GREETER, Loud, [MARK]),
    "org.acme.One": bindClass(COUNTER, One),
  },
  { services: [{ token: MARK, provide: { useFactory: () => "?" } }] },
);

function contextOf(registry: FactoryRegistry, classFiles?: ClassFiles): PlanContext {
  return {
    registry,
    timeZone: "UTC",
    logger: SILENT_LOGGER,
    ...(classFiles !== undefined && { classFiles }),
  };
}

const CONTEXT = contextOf(createRegistry([connector, acme]));
let tables = 0;

function tableOf(options: Readonly<Record<string, string>>): TableDescriptor {
  return {
    name: `t${(tables += 1)}`,
    schema: { columns: [{ kind: "physical", name: "a", type: types.int() }] },
    partitionKeys: [],
    options: Object.entries({ connector: "greeting", ...options }).map(([key, value], index) => ({
      key,
      value,
      place: { file: "t.sql", line: index + 1, column: 1 },
    })),
  };
}

function greeterOf(table: TableDescriptor): ResolvedClass<Greeter, readonly [string]> {
  const found = resolved.get(table.name);
  if (found === undefined) throw new Error("no greeter was resolved");
  return found;
}

// ---------------------------------------------------------------------------------------------------- bound by modules

test("a name that a module binds is its class, made with what the contract gives", (t) => {
  const table = tableOf({ greeter: "org.acme.Loud" });

  t.deepEqual(planSink(table, CONTEXT).diagnostics, []);
  t.is(greeterOf(table).name, "org.acme.Loud");
  t.is(greeterOf(table).make("Hello").greet("you"), "Hello, you!");
});

test("a bound class gets the services of its module, and a binding of the registry replaces them there only", (t) => {
  const greet = (context: PlanContext): string => {
    const table = tableOf({ greeter: "org.acme.Marked" });
    planSink(table, context);
    return greeterOf(table).make("Hello").greet("you");
  };

  t.is(greet(CONTEXT), "Hello, you!?");
  const replaced = createRegistry([connector, acme], { bindings: [{ token: MARK, value: "." }] });
  t.is(greet(contextOf(replaced)), "Hello, you!.");
  t.is(greet(CONTEXT), "Hello, you!?");
});

test("a module of inversify bindings binds classes, too", (t) => {
  const container = new ContainerModule(({ bind }) => {
    bind(NAMED_CLASS).toConstantValue({ name: "org.acme.Two", ...bindClass(GREETER, Loud) });
  });
  const registry = createRegistry([connector, defineModule({ name: "own", version: "2.0.0", container })]);

  t.deepEqual(registry.classes, [
    { name: "org.acme.Two", contract: "test/Greeter", module: "own", version: "2.0.0" },
  ]);
  t.deepEqual(planSink(tableOf({ greeter: "org.acme.Two" }), contextOf(registry)).diagnostics, []);
});

/** The one diagnostic of a table. */
function onlyFault(options: Readonly<Record<string, string>>, context = CONTEXT): Diagnostic {
  const { diagnostics } = planSink(tableOf(options), context);
  if (diagnostics.length !== 1) throw new Error(JSON.stringify(diagnostics));
  return diagnostics[0] as Diagnostic;
}

const message = ({ message: text, table = "" }: Diagnostic): string => text.replace(`'${table}'`, "'T'");

test("a name that nobody binds is an error with class, option, table and the names of its contract", (t) => {
  const fault = onlyFault({ greeter: "org.acme.Luod" });

  t.like(fault, {
    severity: "error",
    code: "OPTION_INVALID",
    option: "greeter",
    value: "org.acme.Luod",
    connector: "greeting",
    file: "t.sql",
    line: 2,
    candidates: ["org.acme.Loud", "org.acme.Marked", "polite"],
    hint: "Did you mean 'org.acme.Loud'?",
  });
  t.is(
    message(fault),
    "Option 'greeter' of table 'T' names the class 'org.acme.Luod', which no loaded module binds.",
  );
  t.is(
    onlyFault({ greeter: "com.example.SomethingElse" }).hint,
    "Load the module that binds it as a greeter, or name a class beside the script, as in './file.mjs#Export'.",
  );
});

test("a name that is bound for another contract is an error that says by whom", (t) => {
  const fault = onlyFault({ greeter: "org.acme.One" });

  t.is(
    message(fault),
    "Option 'greeter' of table 'T' names the class 'org.acme.One', which the module acme@1.0.0 binds as an element counter; a greeter is needed.",
  );
  t.deepEqual(fault.candidates, ["org.acme.Loud", "org.acme.Marked", "polite"]);
});

test("every class of a table that cannot be had is reported at once", (t) => {
  const { value, diagnostics } = planSink(tableOf({ greeter: "a.B", counter: "c.D" }), CONTEXT);

  t.is(value, undefined);
  t.deepEqual(
    diagnostics.map(({ option }) => option),
    ["greeter", "counter"],
  );
});

test("a constructor that throws is an error with class, option and table", (t) => {
  class Failing extends Loud {
    constructor(greeting: string) {
      super(greeting);
      throw new RangeError(`no ${greeting}`);
    }
  }
  const registry = createRegistry([
    connector,
    classes("failing", { "a.Failing": bindClass(GREETER, Failing) }),
  ]);
  const table = tableOf({ greeter: "a.Failing" });
  planSink(table, contextOf(registry));

  const error = t.throws(() => greeterOf(table).make("Hello"), { instanceOf: TributaryError });

  t.is(
    message(error.diagnostics[0] as Diagnostic),
    "Option 'greeter' of table 'T' names the class 'a.Failing', and no instance can be made: no Hello",
  );
  t.true(error.cause instanceof RangeError);
});

// -------------------------------------------------------------------------------------------------------------- wiring

test("two modules that bind one name conflict like factories, and an override chooses", (t) => {
  const other = classes("other", { "org.acme.Loud": bindClass(GREETER, Loud) });
  const error = t.throws(() => createRegistry([other, acme]), { instanceOf: FactoryConflictError });

  t.deepEqual(
    error.conflicts.map(({ role, identifier, claims }) => [
      role,
      identifier,
      claims.map((one) => one.module),
    ]),
    [["class", "org.acme.Loud", ["acme", "other"]]],
  );
  const registry = createRegistry([other, acme], {
    overrides: [{ role: "class", identifier: "org.acme.Loud", module: "other" }],
  });
  t.like(
    registry.classes.find(({ name }) => name === "org.acme.Loud"),
    { module: "other", overrides: "acme@1.0.0" },
  );
});

test("an override for a class that nobody binds is refused", (t) => {
  const error = t.throws(
    () => createRegistry([acme], { overrides: [{ role: "class", identifier: "a.B", module: "acme" }] }),
    { instanceOf: TributaryError },
  );

  t.is(error.code, "FACTORY_NOT_FOUND");
});

test("a class whose service nobody binds is refused with its module", (t) => {
  const missing = classes("missing", { "a.B": bindClass(GREETER, Loud, [Symbol("nobody")]) });
  const error = t.throws(() => createRegistry([missing]), { instanceOf: TributaryError });

  t.is(error.code, "FACTORY_INVALID");
  t.regex(error.message, /missing@1\.0\.0/);
});

test("a wiring that is refused releases what it had made", async (t) => {
  const released: string[] = [];
  const service = (token: symbol, name: string) => ({
    token,
    provide: { useFactory: () => name },
    dispose: () => void released.push(name),
  });
  const [first, second] = [Symbol("first"), Symbol("second")];
  const sound = classes(
    "a",
    { "a.B": bindClass(GREETER, Loud, [first]) },
    { services: [service(first, "of a sound module")] },
  );
  const faulty = classes(
    "b",
    { "c.D": bindClass(GREETER, Loud, [second, Symbol("nobody")]) },
    { services: [service(second, "of a module that fails")] },
  );

  t.throws(() => createRegistry([sound, faulty]), { code: "FACTORY_INVALID" });
  await Promise.resolve().then(() => new Promise(setImmediate));

  t.deepEqual(released, ["of a module that fails", "of a sound module"]);
});

// ------------------------------------------------------------------------------------------------- beside the script

const folder = mkdtempSync(join(tmpdir(), "tributary-classes-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "folder.mjs"));
for (const [file, text] of Object.entries({
  "greeters.mjs": `globalThis.greetersExecuted = (globalThis.greetersExecuted ?? 0) + 1;
export class Kind { constructor(greeting) { this.greeting = greeting; } greet(name) { return this.greeting + ", dear " + name; } }
export default class Default { greet() { return "default"; } }
export class Mute { greet = () => ""; }
export const byName = (name) => name;
`,
  "faulty.mjs": "throw new TypeError('not today');",
})) {
  writeFileSync(join(folder, file), text);
}

const planTable = (table: TableDescriptor): Promise<Planned<PlannedSink>> =>
  planWithClassFiles({ folder }, (classFiles) =>
    planSink(table, contextOf(createRegistry([connector, acme]), classFiles)),
  );

test("a class in a file beside the script is loaded once before the plan that runs", async (t) => {
  const table = tableOf({ greeter: "./greeters.mjs#Kind" });
  const { value, diagnostics } = await planTable(table);

  t.truthy(value);
  t.deepEqual(diagnostics, []);
  t.is(greeterOf(table).make("Hello").greet("you"), "Hello, dear you");
  const byDefault = tableOf({ greeter: "./greeters.mjs#default" });
  t.deepEqual((await planTable(byDefault)).diagnostics, []);
  t.is(greeterOf(byDefault).make("").greet("you"), "default");
});

test("without loading, a class in a file is unchecked: nothing is executed", (t) => {
  writeFileSync(
    join(folder, "forbidden.mjs"),
    "globalThis.forbiddenExecuted = true; export class A { greet() {} }",
  );
  const table = tableOf({ greeter: "./forbidden.mjs#A" });
  const diagnostics = validateTable(
    table,
    contextOf(createRegistry([connector, acme]), new ClassFiles({ folder })),
  );

  t.deepEqual(
    diagnostics.map(({ severity, code, option, line }) => [severity, code, option, line]),
    [["info", "OPTION_IGNORED", "greeter", 2]],
  );
  t.is((globalThis as { forbiddenExecuted?: boolean }).forbiddenExecuted, undefined);
  t.throws(() => greeterOf(table).make("Hello"), { code: "OPTION_INVALID" });
});

test("a file is not executed while the plan has other faults", async (t) => {
  writeFileSync(join(folder, "late.mjs"), "globalThis.lateExecuted = true; export class A { greet() {} }");
  const { diagnostics } = await planTable(tableOf({ greeter: "./late.mjs#A", counter: "no.Such" }));

  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["OPTION_IGNORED", "OPTION_INVALID"],
  );
  t.is((globalThis as { lateExecuted?: boolean }).lateExecuted, undefined);
});

const inFile = test.macro(async (t, name: string, expected: string, more: Partial<Diagnostic> = {}) => {
  const { value, diagnostics } = await planTable(tableOf({ greeter: name }));
  const [fault] = diagnostics;

  t.is(value, undefined);
  t.is(diagnostics.length, 1);
  t.is(
    message(fault as Diagnostic).replace(folder, "FOLDER"),
    `Option 'greeter' of table 'T' names the class '${name}'${expected}`,
  );
  t.like(fault, { code: "OPTION_INVALID", severity: "error", option: "greeter", value: name, ...more });
});

test("a file that is not there", inFile, "./gone.mjs#Kind", ", and there is no file FOLDER/gone.mjs.");
test("a folder is no file", inFile, "./folder.mjs#Kind", ", and there is no file FOLDER/folder.mjs.");
test("a file that throws", inFile, "./faulty.mjs#Kind", ", and its file cannot be loaded: not today.");
test("an export that is not there", inFile, "./greeters.mjs#Knid", ", which its file does not export.", {
  candidates: ["./greeters.mjs#Kind", "./greeters.mjs#default", "org.acme.Marked", "org.acme.Loud", "polite"],
});
test(
  "a class that has the method as a field",
  inFile,
  "./greeters.mjs#Mute",
  ", which is not a greeter: it has no method 'greet'.",
  { hint: "Export a class with 'greet': a method, not a field that holds a function." },
);
test(
  "an export that is no class",
  inFile,
  "./greeters.mjs#byName",
  ", which is not a greeter: it is not a class.",
);
test(
  "a file without its export",
  inFile,
  "./greeters.mjs",
  " without saying which export of the file it is.",
  { hint: "Write './greeters.mjs#Export'." },
);
test("a file without the leading dot", inFile, "greeters.mjs#Kind", ", which is no name of a class.", {
  hint: "A file is named relative to the script, as in './greeters.mjs#Kind'.",
});

test("where files are not loaded at all, a class in one is refused", (t) => {
  const fault = onlyFault({ greeter: "./greeters.mjs#Kind" });

  t.is(
    message(fault),
    "Option 'greeter' of table 'T' names the class './greeters.mjs#Kind', which is in a file, and files are not loaded here.",
  );
});
