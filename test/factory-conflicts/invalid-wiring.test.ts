/**
 * What a plugin declares wrongly is found when the application is wired, before anything connects. Each group below
 * is one kind of fault, with the exact text a person reads.
 */
import "reflect-metadata";
import {
  bindClass,
  defineModule,
  Option,
  type ClassBinding,
  type ClassContract,
  type Factory,
  type FactoryClass,
  type Module,
  type ModuleDefinition,
} from "@tributary/core";
import { formats } from "@tributary/formats";
import { ioBasic } from "@tributary/io-basic";
import { PARTITION_KEY_GENERATOR } from "@tributary/io-kinesis";
import test from "ava";
import { inject, injectable } from "inversify";

import { refused, wiringError } from "./wiring-error.js";

const ACME_FILE = "node_modules/acme/index.js";

class NoOptions {}

/** A sound sink but for what is changed. */
function sink(changes: object = {}): FactoryClass {
  const members = {
    role: "sink",
    identifier: "acme",
    provides: "Sink",
    options: NoOptions,
    format: "none",
    metadata: [],
    create() {
      throw new Error("nothing is made while an application is wired");
    },
    ...changes,
  };
  class AcmeFactory {
    constructor() {
      Object.assign(this, members);
    }
  }
  return AcmeFactory as unknown as FactoryClass;
}

function acme(factories: readonly (FactoryClass | Factory)[], more: Partial<ModuleDefinition> = {}): Module {
  return defineModule({ name: "acme", version: "1.0.0", file: ACME_FILE, factories, ...more });
}

test("the module of these tests is sound where nothing is changed", (t) => {
  t.is(wiringError([acme([sink()]), ioBasic]), "");
});

// Options classes.

class KeyTwice {
  @Option({ key: "topic", type: "string", summary: "A." })
  readonly first?: string;

  @Option({ key: "topic", type: "int", summary: "B." })
  readonly second?: number;
}

class DeprecatedIsAnother {
  @Option({ key: "topic", type: "string", summary: "A." })
  readonly topic?: string;

  @Option({ key: "topic.name", type: "string", summary: "B.", deprecatedKeys: ["topic"] })
  readonly name?: string;
}

class DeprecatedTwice {
  @Option({ key: "a", type: "string", summary: "A.", deprecatedKeys: ["old"] })
  readonly a?: string;

  @Option({ key: "b", type: "string", summary: "B.", fallbackKeys: ["old"] })
  readonly b?: string;
}

class OwnKeyDeprecated {
  @Option({ key: "a", type: "string", summary: "A.", deprecatedKeys: ["a"] })
  readonly a?: string;
}

class SeveralFaults {
  @Option({ key: "", type: "string", summary: "A." })
  readonly empty?: string;

  @Option({ key: "fields.#.#", type: "string", summary: "B." })
  readonly wild?: ReadonlyMap<string, string>;

  @Option({ key: "mode", type: "enum", values: [], summary: "C." })
  readonly mode?: string;
}

const KEYS_ARE_OWN = "Each key and each older spelling of an options class belongs to one option.";

/** What is said of the sink above. */
function fault(what: string, hint: string): readonly string[] {
  return [`error FACTORY_INVALID: AcmeFactory of the module acme@1.0.0 ${what}.`, `  hint: ${hint}`];
}

test(
  "a key that is declared twice",
  refused,
  [acme([sink({ options: KeyTwice })])],
  fault(
    "declares 'topic' twice in KeyTwice: as the key of property 'first' and as the key of property 'second'",
    KEYS_ARE_OWN,
  ),
);

test(
  "a deprecated key that is another option's key",
  refused,
  [acme([sink({ options: DeprecatedIsAnother })])],
  fault(
    "declares 'topic' twice in DeprecatedIsAnother: as the key of property 'topic' and as the deprecated key of property 'name'",
    KEYS_ARE_OWN,
  ),
);

test(
  "an older spelling of two options",
  refused,
  [acme([sink({ options: DeprecatedTwice })])],
  fault(
    "declares 'old' twice in DeprecatedTwice: as the deprecated key of property 'a' and as the fallback key of property 'b'",
    KEYS_ARE_OWN,
  ),
);

test(
  "a key that is its own older spelling",
  refused,
  [acme([sink({ options: OwnKeyDeprecated })])],
  fault(
    "declares 'a' twice in OwnKeyDeprecated: as the key of property 'a' and as the deprecated key of property 'a'",
    KEYS_ARE_OWN,
  ),
);

test(
  "every fault of an options class at once",
  refused,
  [acme([sink({ options: SeveralFaults })])],
  [
    ...fault("declares an empty key (property 'empty' of SeveralFaults)", "A key is not empty."),
    ...fault(
      "declares the key 'fields.#.#' with more than one '#' (property 'wild' of SeveralFaults)",
      "One level of a key may be '#', the part that varies.",
    ),
    ...fault(
      "declares the enum 'mode' without values (property 'mode' of SeveralFaults)",
      "List the constants in 'values'.",
    ),
  ],
);

test(
  "a factory without options class",
  refused,
  [acme([sink({ options: undefined })])],
  fault("has no options class", "Name a class in 'options'; one without properties for no options."),
);

class Wide {
  @Option({ key: "a", type: "string", summary: "A." })
  readonly a?: string;
}

class Narrow extends Wide {
  @Option({ key: "a", type: "string", summary: "Narrower." })
  declare readonly a?: string;
}

test("an option that a subclass declares again is declared once", (t) => {
  t.is(wiringError([acme([sink({ options: Narrow })])]), "");
});

// Roles and interfaces.

test(
  "a role that does not exist",
  refused,
  [acme([sink({ role: "catalog" })])],
  fault("has the role 'catalog'", "The roles are source, sink and format."),
);

test(
  "a sink that provides the interface of a source",
  refused,
  [acme([sink({ provides: "SourceFunction" })])],
  fault("is a sink that provides 'SourceFunction'", "A sink provides Sink."),
);

test(
  "a source that provides the interface of a sink",
  refused,
  [acme([sink({ role: "source" })])],
  fault("is a source that provides 'Sink'", "A source provides Source or SourceFunction."),
);

test(
  "an interface that is not implemented",
  refused,
  [acme([sink({ create: undefined })])],
  fault("says that it provides Sink and does not implement it", "Add the method create."),
);

test(
  "a format that implements one of two interfaces",
  refused,
  [
    acme([
      sink({ role: "format", provides: ["DecodingFormat", "EncodingFormat"], createDecoding: () => {} }),
    ]),
  ],
  fault("says that it provides EncodingFormat and does not implement it", "Add the method createEncoding."),
);

test(
  "a format that provides nothing",
  refused,
  [acme([sink({ role: "format", provides: [] })])],
  fault("provides no interface", "A format provides DecodingFormat, EncodingFormat or both."),
);

test(
  "a format that provides what no format is",
  refused,
  [acme([sink({ role: "format", provides: ["Sink"] })])],
  fault(
    "says that it provides Sink and does not implement it",
    "Add the method createDecoding or createEncoding.",
  ),
);

// Identifiers.

const IDENTIFIER_RULE =
  "An identifier is lower-case letters, digits and '-', and begins with a letter or digit, so that two never differ only in letter case.";

test(
  "two identifiers that differ only in letter case: the one in capitals",
  refused,
  [acme([sink({ identifier: "Acme" }), sink()])],
  fault("has the identifier 'Acme'", IDENTIFIER_RULE),
);

for (const identifier of ["", " ", "a b", "a_b", "-a", "a.b", "Acme", "straße", "a\n", undefined, 7]) {
  test(
    `the identifier ${JSON.stringify(identifier)}`,
    refused,
    [acme([sink({ identifier })])],
    fault(`has the identifier '${String(identifier)}'`, IDENTIFIER_RULE),
  );
}

test("letters, digits and hyphens make an identifier", (t) => {
  for (const identifier of ["a", "7", "debezium-json", "v2-", "2a"]) {
    t.is(wiringError([acme([sink({ identifier })])]), "");
  }
});

// Factories that cannot be made.

const CLIENT = Symbol.for("acme/Client");

@injectable()
class NeedsClient {
  readonly client: unknown;
  constructor(@inject(CLIENT) client: unknown) {
    this.client = client;
  }
}

class ForgotInject {
  readonly client: unknown;
  constructor(client: unknown) {
    this.client = client;
  }
}

class Throws {
  constructor() {
    throw new Error("no licence");
  }
}

const asFactory = (type: unknown): FactoryClass => type as FactoryClass;

test("a service that nobody binds", (t) => {
  t.regex(
    wiringError([acme([asFactory(NeedsClient)])]),
    /^error FACTORY_INVALID: The factories of the module acme@1\.0\.0 cannot be made: .*Symbol\(acme\/Client\)/s,
  );
});

test("a constructor parameter without @inject", (t) => {
  t.regex(
    wiringError([acme([asFactory(ForgotInject)])]),
    /^error FACTORY_INVALID: The factories of the module acme@1\.0\.0 cannot be made: .*ForgotInject.*\n  hint: Give every constructor parameter an @inject\(TOKEN\)/s,
  );
});

test(
  "a constructor that throws",
  refused,
  [acme([asFactory(Throws)])],
  [
    "error FACTORY_INVALID: The factories of the module acme@1.0.0 cannot be made: no licence",
    "  hint: Give every constructor parameter an @inject(TOKEN), and bind every token in the module's services.",
  ],
);

// Modules that need others.

const needs = (module: string, version?: string): Module =>
  acme([], { requires: [version === undefined ? { module } : { module, version }] });

test(
  "a required module that is absent",
  refused,
  [needs("io-basc"), ioBasic],
  [
    "error MODULE_NOT_FOUND: The module acme@1.0.0 requires the module 'io-basc', which is not loaded.",
    `  accepted: io-basic@${ioBasic.version}`,
    "  hint: Load 'io-basc' too.",
  ],
);

test(
  "a required version that is not met",
  refused,
  [needs("formats", ">=99"), formats],
  [
    `error MODULE_INCOMPATIBLE: The module acme@1.0.0 requires version >=99 of 'formats'; loaded is ${formats.version}.`,
    "  hint: Load 'formats' in a version that meets >=99.",
  ],
);

test("a required version that is met", (t) => {
  t.is(wiringError([needs("formats", `^${formats.version}`), formats]), "");
});

// Versions of the contract, copies of core.

test(
  "a module for a later version of the contract",
  refused,
  [acme([], { contractVersion: 2 })],
  [
    "error MODULE_INCOMPATIBLE: The module acme@1.0.0 is made for version 2 of the plugin contract; this is version 1.",
    "  hint: Update @tributary/core.",
  ],
);

test(
  "a module for an earlier version of the contract",
  refused,
  [acme([], { contractVersion: 0 })],
  [
    "error MODULE_INCOMPATIBLE: The module acme@1.0.0 is made for version 0 of the plugin contract; this is version 1.",
    "  hint: Update the package of the module 'acme'.",
  ],
);

test("a module on another copy of core", (t) => {
  t.regex(
    wiringError([{ ...acme([]), core: "file:///elsewhere/node_modules/@tributary/core/" }]),
    /^error MODULE_INCOMPATIBLE: The module acme@1\.0\.0 stands on another copy of @tributary\/core, .*elsewhere.*; this one is .*\.\n  hint: Install one copy for all/,
  );
});

// Classes that options name.

class ByCity {
  partitionKey(): string {
    return "";
  }
}

class Mute {
  readonly partitionKey = (): string => "";
}

const GREETER: ClassContract<{ greet(): string; leave(): void }, readonly []> = {
  name: "acme/Greeter",
  noun: "greeter",
  methods: ["greet", "leave"],
};

function keys(name: string, version: string, classes: Readonly<Record<string, ClassBinding>>): Module {
  return defineModule({ name, version, file: ACME_FILE, classes });
}

const MY_PARTITIONER = { "org.acme.ByCity": bindClass(PARTITION_KEY_GENERATOR, ByCity) };

function boundTwice(...claimants: readonly string[]): readonly string[] {
  return [
    "error FACTORY_CONFLICT: 2 classes are bound under the name 'org.acme.ByCity'.",
    ...claimants.map((claimant) => `  claimed by ${claimant}: ByCity in ${ACME_FILE}`),
  ];
}

test(
  "two modules that bind one name",
  refused,
  [keys("acme-keys", "1.0.0", MY_PARTITIONER), keys("other-keys", "3.0.0", MY_PARTITIONER)],
  [
    ...boundTwice("acme-keys@1.0.0", "other-keys@3.0.0"),
    "  hint: Different modules offer the class 'org.acme.ByCity': leave out all but one of acme-keys@1.0.0, other-keys@3.0.0, or choose one with an override.",
  ],
);

test(
  "one module that binds a name, in two versions",
  refused,
  [keys("acme-keys", "1.0.0", MY_PARTITIONER), keys("acme-keys", "2.0.0", MY_PARTITIONER)],
  [
    ...boundTwice("acme-keys@1.0.0", "acme-keys@2.0.0"),
    "  hint: The module 'acme-keys' is loaded in 2 versions: keep one of acme-keys@1.0.0, acme-keys@2.0.0.",
  ],
);

function classFault(name: string, what: string, hint: string): readonly string[] {
  return [
    `error FACTORY_INVALID: The class '${name}' of the module acme-keys@1.0.0 ${what}.`,
    `  hint: ${hint}`,
  ];
}

test(
  "a class without a method of its contract",
  refused,
  [keys("acme-keys", "1.0.0", { "org.acme.Mute": bindClass(PARTITION_KEY_GENERATOR, Mute) })],
  classFault(
    "org.acme.Mute",
    "is bound as a partition key generator and has no method 'partitionKey'",
    "Bind a class whose prototype has 'partitionKey': a method, not a field that holds a function.",
  ),
);

test(
  "a function instead of a class, and a class without any of two methods",
  refused,
  [
    keys("acme-keys", "1.0.0", {
      "a.Function": { ...bindClass(PARTITION_KEY_GENERATOR, ByCity), type: (() => "") as never },
      "a.Greeter": bindClass(GREETER, ByCity as never),
    }),
  ],
  [
    ...classFault(
      "a.Function",
      "is bound as a partition key generator and is not a class",
      "Bind a class whose prototype has 'partitionKey': a method, not a field that holds a function.",
    ),
    ...classFault(
      "a.Greeter",
      "is bound as a greeter and has no methods 'greet' and 'leave'",
      "Bind a class whose prototype has 'greet' and 'leave': a method, not a field that holds a function.",
    ),
  ],
);

test(
  "a class that is bound without a contract",
  refused,
  [keys("acme-keys", "1.0.0", { "org.acme.ByCity": ByCity as never })],
  classFault(
    "org.acme.ByCity",
    "is bound without a contract",
    "Bind it with bindClass(CONTRACT, TheClass) of @tributary/core.",
  ),
);

for (const name of ["", "./keys.mjs", "a b", "a#B", "/a"]) {
  test(
    `the class name ${JSON.stringify(name)}`,
    refused,
    [keys("acme-keys", "1.0.0", { [name]: bindClass(PARTITION_KEY_GENERATOR, ByCity) })],
    classFault(
      name,
      "has a name that no option can give",
      "A name is not empty, holds no blank and no '#', and does not begin with '.' or '/'; 'org.mycompany.MyPartitioner' is one.",
    ),
  );
}

// Everything at once.

test(
  "faults of factories, of classes, and conflicts come together, in this order",
  refused,
  [
    acme([sink({ identifier: "Acme" }), sink({ identifier: "print" })]),
    ioBasic,
    keys("acme-keys", "1.0.0", { "a b": MY_PARTITIONER["org.acme.ByCity"] }),
  ],
  [
    ...fault("has the identifier 'Acme'", IDENTIFIER_RULE),
    ...classFault(
      "a b",
      "has a name that no option can give",
      "A name is not empty, holds no blank and no '#', and does not begin with '.' or '/'; 'org.mycompany.MyPartitioner' is one.",
    ),
    "error FACTORY_CONFLICT: 2 factories claim the sink 'print'.",
    `  claimed by acme@1.0.0: AcmeFactory in ${ACME_FILE}`,
    `  claimed by io-basic@${ioBasic.version}: PrintSinkFactory in packages/io-basic/dist/module.js`,
    `  hint: Different modules offer the sink 'print': leave out all but one of acme@1.0.0, io-basic@${ioBasic.version}, or choose one with an override.`,
  ],
);
