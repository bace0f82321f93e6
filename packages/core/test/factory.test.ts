import "reflect-metadata";
import test from "ava";
import fc from "fast-check";
import { ContainerModule, inject, injectable } from "inversify";
import {
  FACTORY,
  FactoryConflictError,
  Option,
  TributaryError,
  createRegistry,
  defineModule,
  factoryNotFound,
  tableSource,
} from "@tributary/core";
import type {
  Diagnostic,
  Factory,
  FactoryRegistry,
  FormatFactory,
  Module,
  ModuleDefinition,
  SinkFactory,
  SourceFactory,
  TableSink,
  TableSource,
} from "@tributary/core";

class NoOptions {}

class SinkNamed implements SinkFactory<NoOptions> {
  readonly role = "sink";
  readonly provides = "Sink";
  readonly options = NoOptions;
  readonly format = "none";
  readonly metadata = [];
  readonly identifier: string;
  constructor(identifier: string) {
    this.identifier = identifier;
  }
  create(): TableSink {
    return { sink: { createWriter: () => Promise.reject(new Error("unused")) }, supportsPartitions: false };
  }
}

class SourceNamed implements SourceFactory<NoOptions> {
  readonly role = "source";
  readonly provides = "Source";
  readonly options = NoOptions;
  readonly format = "none";
  readonly metadata = [];
  readonly identifier: string;
  constructor(identifier: string) {
    this.identifier = identifier;
  }
  create(): TableSource {
    return tableSource({ source: { createFunction: () => Promise.reject(new Error("unused")) as never } });
  }
}

function module(
  name: string,
  version: string,
  factories: readonly Factory[],
  more: Partial<ModuleDefinition> = {},
) {
  return defineModule({ name, version, factories, file: "src/modules.ts", ...more });
}

const FAMILY = { family: "kinesis" };
const streams5 = module("kinesis-streams", "5.1.0", [new SourceNamed("kinesis"), new SinkNamed("kinesis")], {
  ...FAMILY,
  purpose: "tables written for 5.x",
});
const kinesis4 = module("kinesis", "4.3.0", [new SourceNamed("kinesis"), new SinkNamed("kinesis")], {
  ...FAMILY,
  purpose: "tables written for 4.x",
});
const acme = module("acme-kinesis", "1.0.0", [new SinkNamed("kinesis")]);
const print = module("io-basic", "0.1.0", [new SinkNamed("print")]);

function faultsOf(build: () => unknown): readonly Diagnostic[] {
  try {
    build();
  } catch (error) {
    if (TributaryError.is(error)) return error.diagnostics;
    throw error;
  }
  return [];
}

function conflictOf(modules: readonly Module[]): FactoryConflictError {
  try {
    createRegistry(modules);
  } catch (error) {
    if (error instanceof FactoryConflictError) return error;
    throw error;
  }
  throw new Error("no conflict");
}

test("every conflict is in one error, sorted by role and identifier, and every claimant is named", (t) => {
  const error = conflictOf([streams5, acme, print, kinesis4]);

  t.is(error.code, "FACTORY_CONFLICT");
  t.deepEqual(
    error.conflicts.map(({ role, identifier }) => `${role} ${identifier}`),
    ["source kinesis", "sink kinesis"],
  );
  t.deepEqual(error.diagnostics[1]?.candidates, [
    "acme-kinesis@1.0.0: SinkNamed in src/modules.ts",
    "kinesis@4.3.0: SinkNamed in src/modules.ts",
    "kinesis-streams@5.1.0: SinkNamed in src/modules.ts",
  ]);
});

const hint = test.macro((t, modules: readonly Module[], expected: RegExp) => {
  t.regex(conflictOf(modules).conflicts[0]?.hint ?? "", expected);
});

test(
  "one module twice: the hint says to load it once",
  hint,
  [print, print],
  /io-basic@0\.1\.0 is loaded 2 times/,
);
test(
  "one module in two versions: the hint says which versions",
  hint,
  [acme, module("acme-kinesis", "2.0.0", [new SinkNamed("kinesis")])],
  /in 2 versions: keep one of acme-kinesis@1\.0\.0, acme-kinesis@2\.0\.0/,
);
test("two vendors: the hint offers an override", hint, [acme, streams5], /Different modules.*override/);
test(
  "alternatives of a family: the hint says what each is for",
  hint,
  [kinesis4, streams5],
  /only one of them\. Choose kinesis@4\.3\.0 for tables written for 4\.x, or kinesis-streams@5\.1\.0 for tables written for 5\.x/,
);

function outcomeOf(modules: readonly Module[]): string {
  try {
    return JSON.stringify(createRegistry(modules).registrations);
  } catch (error) {
    return JSON.stringify((error as TributaryError).diagnostics);
  }
}

test("the outcome does not depend on the order of modules", (t) => {
  const all = [streams5, kinesis4, acme, print, module("bad", "1.0.0", [new SinkNamed("No")])];
  fc.assert(
    fc.property(fc.shuffledSubarray(all), (modules) => {
      const sorted = all.filter((one) => modules.includes(one));
      t.is(outcomeOf(modules), outcomeOf(sorted));
    }),
    { numRuns: 60 },
  );
});

test("an override chooses among claims and says what it replaced", (t) => {
  const registry = createRegistry([streams5, acme], {
    overrides: [{ role: "sink", identifier: "kinesis", module: "acme-kinesis" }],
  });

  t.deepEqual(
    registry.registrations.map((one) => [one.role, one.module, one.overrides]),
    [
      ["source", "kinesis-streams", undefined],
      ["sink", "acme-kinesis", "kinesis-streams@5.1.0"],
    ],
  );
});

test("an override that names a module without such a factory is refused", (t) => {
  const faults = faultsOf(() =>
    createRegistry([print], { overrides: [{ role: "sink", identifier: "print", module: "acme" }] }),
  );

  t.deepEqual(
    faults.map(({ code, candidates }) => ({ code, candidates })),
    [{ code: "FACTORY_NOT_FOUND", candidates: ["io-basic@0.1.0"] }],
  );
});

class TwiceOptions {
  @Option({ key: "a", type: "string", summary: "A." })
  readonly first?: string;

  @Option({ key: "b", type: "string", summary: "B.", deprecatedKeys: ["a"] })
  readonly second?: string;
}

const invalid = test.macro((t, change: object, expected: RegExp) => {
  const factory = Object.assign(new SinkNamed("x"), change) as unknown as Factory;
  const faults = faultsOf(() => createRegistry([module("m", "1.0.0", [factory])]));

  t.deepEqual(
    faults.map(({ code }) => code),
    ["FACTORY_INVALID"],
  );
  t.regex(faults[0]?.message ?? "", expected);
});

test("an identifier in upper case is refused", invalid, { identifier: "Kinesis" }, /identifier 'Kinesis'/);
test("an empty identifier is refused", invalid, { identifier: "" }, /identifier ''/);
test("an identifier with a blank is refused", invalid, { identifier: "a b" }, /identifier 'a b'/);
test("a sink that provides Source is refused", invalid, { provides: "Source" }, /provides 'Source'/);
test("a factory without create is refused", invalid, { create: undefined }, /does not implement/);
test(
  "an older spelling that is another option's key is refused",
  invalid,
  { options: TwiceOptions },
  /'a' twice/,
);
test("a factory without options class is refused", invalid, { options: undefined }, /no options class/);

test("a format must implement each interface it provides", (t) => {
  const factory: FormatFactory<NoOptions> = {
    role: "format",
    identifier: "f",
    provides: ["DecodingFormat", "EncodingFormat"],
    options: NoOptions,
    createDecoding: () => {
      throw new Error("unused");
    },
  };

  const faults = faultsOf(() => createRegistry([module("m", "1.0.0", [factory])]));

  t.deepEqual(
    faults.map(({ hint: text }) => text),
    ["Add the method createEncoding."],
  );
});

test("registrations are sorted by role, identifier and interface", (t) => {
  const codec = () => {
    throw new Error("unused");
  };
  const format: FormatFactory<NoOptions> = {
    role: "format",
    identifier: "csv",
    provides: ["EncodingFormat", "DecodingFormat"],
    options: NoOptions,
    createDecoding: codec,
    createEncoding: codec,
  };
  const registry = createRegistry([module("m", "1.0.0", [format]), print, streams5]);

  t.deepEqual(
    registry.registrations.map((one) => `${one.role} ${one.identifier} ${one.interface}`),
    [
      "source kinesis Source",
      "sink kinesis Sink",
      "sink print Sink",
      "format csv DecodingFormat",
      "format csv EncodingFormat",
    ],
  );
});

const CLIENT = Symbol.for("test/Client");
let clientsMade = 0;

@injectable()
class ClientSink extends SinkNamed {
  readonly client: unknown;
  constructor(@inject(CLIENT) client: unknown) {
    super("client");
    this.client = client;
  }
}

function clientModule(disposed: string[] = []): Module {
  return defineModule({
    name: "clients",
    version: "1.0.0",
    factories: [ClientSink],
    services: [
      {
        token: CLIENT,
        provide: { useFactory: () => ({ number: ++clientsMade }) },
        dispose: () => void disposed.push("client"),
      },
    ],
  });
}

function clientOf(registry: FactoryRegistry): unknown {
  return (registry.findSink("client") as unknown as ClientSink).client;
}

test("two registries of one module have services of their own", (t) => {
  const shared = clientModule();

  t.not(clientOf(createRegistry([shared])), clientOf(createRegistry([shared])));
});

test("a binding replaces a module's service in that registry only", (t) => {
  const fake = { fake: true };
  const shared = clientModule();

  t.is(clientOf(createRegistry([shared], { bindings: [{ token: CLIENT, value: fake }] })), fake);
  t.not(clientOf(createRegistry([shared])), fake);
});

test("a module of inversify bindings registers like any other", (t) => {
  const registry = createRegistry([
    defineModule({
      name: "clients",
      version: "1.0.0",
      container: new ContainerModule(({ bind }) => {
        bind(CLIENT).toConstantValue("mine");
        bind(FACTORY).to(ClientSink);
      }),
    }),
  ]);

  t.is(clientOf(registry), "mine");
  t.is(registry.registrations[0]?.identifier, "client");
});

test("a factory whose service nobody binds is refused with its module's name", (t) => {
  const faults = faultsOf(() =>
    createRegistry([defineModule({ name: "m", version: "1.0.0", factories: [ClientSink] })]),
  );

  t.is(faults[0]?.code, "FACTORY_INVALID");
  t.regex(faults[0]?.message ?? "", /module m@1\.0\.0/);
});

test("disposal runs in reverse order, once, and goes on after a failure", async (t) => {
  const order: string[] = [];
  const disposable = (name: string, fails = false): Module => {
    const factory = Object.assign(new SinkNamed(name), {
      dispose: () => {
        order.push(name);
        if (fails) throw new Error(`${name} failed`);
      },
    });
    return module(name, "1.0.0", [factory]);
  };
  const registry = createRegistry([
    disposable("a"),
    disposable("b", true),
    clientModule(order),
    disposable("d", true),
  ]);

  await t.throwsAsync(() => registry.dispose(), { message: "d failed" });
  await t.throwsAsync(() => registry.dispose(), { message: "d failed" });
  t.deepEqual(order, ["d", "client", "b", "a"]);
});

test("within a module, what was made last is released first", async (t) => {
  const order: string[] = [];
  const [outer, inner] = [Symbol("outer"), Symbol("inner")];
  const service = (token: symbol, name: string) => ({
    token,
    provide: { useFactory: () => name },
    dispose: () => void order.push(name),
  });

  @injectable()
  class TwoServices extends SinkNamed {
    constructor(@inject(outer) _first: string, @inject(inner) _second: string) {
      super("two");
    }
  }
  const registry = createRegistry([
    defineModule({
      name: "two",
      version: "1.0.0",
      factories: [TwoServices],
      services: [service(inner, "inner"), service(outer, "outer")],
    }),
  ]);

  await registry.dispose();
  t.deepEqual(order, ["inner", "outer"]);
});

const requirement = test.macro((t, version: string | undefined, expected: string[]) => {
  const needy = module("needy", "1.0.0", [], {
    requires: [{ module: "io-basic", ...(version !== undefined && { version }) }],
  });

  t.deepEqual(
    faultsOf(() => createRegistry([needy, print])).map(({ code }) => code),
    expected,
  );
});

test("a required module of any version is met", requirement, undefined, []);
test("a required version that is met: caret", requirement, "^0.1.0", []);
test("a required version that is not met: caret of another minor below 1", requirement, "^0.2.0", [
  "MODULE_INCOMPATIBLE",
]);
test("a required version that is met: at least", requirement, ">=0.0.9", []);
test("a required version that is not met: at least", requirement, ">=0.1.1", ["MODULE_INCOMPATIBLE"]);
test("a required version that is met: first parts", requirement, "0.1", []);
test("a required version that is not met: first part", requirement, "1", ["MODULE_INCOMPATIBLE"]);

test("a required module that is absent, another contract and another copy of core are refused together", (t) => {
  const needy = module("needy", "1.0.0", [], { requires: [{ module: "io-basc" }] });
  const old = module("old", "1.0.0", [], { contractVersion: 0 });
  const foreign: Module = { ...print, core: "file:///elsewhere/" };

  t.deepEqual(
    faultsOf(() => createRegistry([old, needy, foreign])).map(({ code }) => code),
    ["MODULE_INCOMPATIBLE", "MODULE_NOT_FOUND", "MODULE_INCOMPATIBLE"],
  );
});

test("what is not found names the other role, the nearest names and modules that have it", (t) => {
  const registry = createRegistry([acme, print], {
    catalogue: [{ role: "source", identifier: "kinesis-legacy", module: "kinesis@5" }],
  });

  t.regex(factoryNotFound(registry, "source", "print").message, /'print' is only a sink/);
  t.deepEqual(factoryNotFound(registry, "sink", "pirnt").candidates, ["print", "kinesis"]);
  t.is(factoryNotFound(registry, "sink", "pirnt").hint, "Did you mean 'print'?");
  t.regex(factoryNotFound(registry, "source", "kinesis-legacy").hint ?? "", /--module kinesis@5/);
});

test("a claim names the package of a file that lies outside the working directory", (t) => {
  const inside = module("a", "1.0.0", [new SinkNamed("x")], { file: import.meta.url });
  const installed = module("b", "1.0.0", [new SinkNamed("x")], {
    file: new URL("../../../node_modules/yaml/dist/index.js", import.meta.url).href,
  });
  const claims = conflictOf([inside, installed]).conflicts[0]?.claims;

  t.regex(claims?.[0]?.file ?? "", /dist-test\/factory\.test\.js$/);
  t.is(claims?.[1]?.file, "yaml");
});
