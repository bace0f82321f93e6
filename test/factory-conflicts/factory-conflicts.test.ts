/**
 * Two factories for one identifier are found when the application is wired, whatever they are and in whatever order
 * they come. Each group below is one kind of conflict, with the exact text a person reads.
 */
import { createRegistry, defineModule, type FactoryClass, type Module } from "@tributary/core";
import { ioBasic } from "@tributary/io-basic";
import { kinesis4, kinesis5, kinesisStreams4, kinesisStreams5 } from "@tributary/io-kinesis";
import test from "ava";
import fc from "fast-check";

import { refused as conflict, wiringError } from "./wiring-error.js";

const KINESIS_MODULES = "packages/io-kinesis/dist/modules.js";
const ACME_FILE = "node_modules/acme-kinesis/index.js";

class NoOptions {}

/** A factory of somebody else's. */
function factory(role: "source" | "sink", identifier: string): FactoryClass {
  const members = {
    role,
    identifier,
    provides: role === "source" ? "Source" : "Sink",
    options: NoOptions,
    format: "none",
    metadata: [],
    create() {
      throw new Error("nothing is made while an application is wired");
    },
  };
  class AcmeFactory {
    constructor() {
      Object.assign(this, members);
    }
  }
  return AcmeFactory as unknown as FactoryClass;
}

function acme(name: string, version: string, ...roles: readonly ("source" | "sink")[]): Module {
  const factories = roles.map((role) => factory(role, "kinesis"));
  return defineModule({ name, version, factories, file: ACME_FILE });
}

const CHOOSE_STREAMS_5 =
  "kinesis-streams@5.1.0 for new tables: the split-based source 'kinesis' and the sink 'kinesis'";
const CHOOSE_STREAMS_4 =
  "kinesis-streams@4.3.0 for tables of 4.x that are only written: the sink 'kinesis' with the option 'stream'";
const CHOOSE_KINESIS_5 = "kinesis@5.1.0 for scripts that use 'kinesis-legacy' beside 'kinesis'";
const CHOOSE_KINESIS_4 =
  "kinesis@4.3.0 for tables of 4.x as they are: the old source 'kinesis' with 'scan.' options";

function claims(role: "source" | "sink", ...claimants: readonly string[]): string {
  const lines = claimants.map((claimant) => `  claimed by ${claimant}`);
  return [
    `error FACTORY_CONFLICT: ${claimants.length} factories claim the ${role} 'kinesis'.`,
    ...lines,
  ].join("\n");
}

function alternatives(first: string, second: string): string {
  return `  hint: These modules are alternatives: load only one of them. Choose ${first}, or ${second}.`;
}

// Two of the four Kinesis distributions.

test(
  "kinesis-streams@5 with kinesis-streams@4: the sink",
  conflict,
  [kinesisStreams5, kinesisStreams4],
  [
    claims(
      "sink",
      `kinesis-streams@4.3.0: KinesisSink4Factory in ${KINESIS_MODULES}`,
      `kinesis-streams@5.1.0: KinesisSinkFactory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_STREAMS_4, CHOOSE_STREAMS_5),
  ],
);

test(
  "kinesis-streams@5 with kinesis@5: source and sink",
  conflict,
  [kinesisStreams5, kinesis5],
  [
    claims(
      "source",
      `kinesis@5.1.0: KinesisSourceFactory in ${KINESIS_MODULES}`,
      `kinesis-streams@5.1.0: KinesisSourceFactory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_5, CHOOSE_STREAMS_5),
    claims(
      "sink",
      `kinesis@5.1.0: KinesisSinkFactory in ${KINESIS_MODULES}`,
      `kinesis-streams@5.1.0: KinesisSinkFactory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_5, CHOOSE_STREAMS_5),
  ],
);

test(
  "kinesis-streams@5 with kinesis@4: source and sink",
  conflict,
  [kinesisStreams5, kinesis4],
  [
    claims(
      "source",
      `kinesis@4.3.0: KinesisSource4Factory in ${KINESIS_MODULES}`,
      `kinesis-streams@5.1.0: KinesisSourceFactory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_4, CHOOSE_STREAMS_5),
    claims(
      "sink",
      `kinesis@4.3.0: KinesisSink4Factory in ${KINESIS_MODULES}`,
      `kinesis-streams@5.1.0: KinesisSinkFactory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_4, CHOOSE_STREAMS_5),
  ],
);

test(
  "kinesis-streams@4 with kinesis@5: the sink",
  conflict,
  [kinesisStreams4, kinesis5],
  [
    claims(
      "sink",
      `kinesis@5.1.0: KinesisSinkFactory in ${KINESIS_MODULES}`,
      `kinesis-streams@4.3.0: KinesisSink4Factory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_5, CHOOSE_STREAMS_4),
  ],
);

test(
  "kinesis-streams@4 with kinesis@4: the sink",
  conflict,
  [kinesisStreams4, kinesis4],
  [
    claims(
      "sink",
      `kinesis@4.3.0: KinesisSink4Factory in ${KINESIS_MODULES}`,
      `kinesis-streams@4.3.0: KinesisSink4Factory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_4, CHOOSE_STREAMS_4),
  ],
);

test(
  "kinesis@5 with kinesis@4: source and sink",
  conflict,
  [kinesis5, kinesis4],
  [
    claims(
      "source",
      `kinesis@4.3.0: KinesisSource4Factory in ${KINESIS_MODULES}`,
      `kinesis@5.1.0: KinesisSourceFactory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_4, CHOOSE_KINESIS_5),
    claims(
      "sink",
      `kinesis@4.3.0: KinesisSink4Factory in ${KINESIS_MODULES}`,
      `kinesis@5.1.0: KinesisSinkFactory in ${KINESIS_MODULES}`,
    ),
    alternatives(CHOOSE_KINESIS_4, CHOOSE_KINESIS_5),
  ],
);

// A module of somebody else's that claims `kinesis`, beside each distribution.

function leaveOut(role: "source" | "sink", ...modules: readonly string[]): string {
  return `  hint: Different modules offer the ${role} 'kinesis': leave out all but one of ${modules.join(", ")}, or choose one with an override.`;
}

const WITH_ACME: readonly (readonly [string, Module, string | undefined, string])[] = [
  ["kinesis-streams@5.1.0", kinesisStreams5, "KinesisSourceFactory", "KinesisSinkFactory"],
  ["kinesis-streams@4.3.0", kinesisStreams4, undefined, "KinesisSink4Factory"],
  ["kinesis@5.1.0", kinesis5, "KinesisSourceFactory", "KinesisSinkFactory"],
  ["kinesis@4.3.0", kinesis4, "KinesisSource4Factory", "KinesisSink4Factory"],
];

for (const [label, module, source, sink] of WITH_ACME) {
  const both: readonly (readonly ["source" | "sink", string | undefined])[] = [
    ["source", source],
    ["sink", sink],
  ];
  const expected = both.flatMap(([role, name]) =>
    name === undefined
      ? []
      : [
          claims(
            role,
            `acme-kinesis@1.0.0: AcmeFactory in ${ACME_FILE}`,
            `${label}: ${name} in ${KINESIS_MODULES}`,
          ),
          leaveOut(role, "acme-kinesis@1.0.0", label),
        ],
  );
  test(
    `${label} with somebody else's kinesis`,
    conflict,
    [module, acme("acme-kinesis", "1.0.0", "source", "sink")],
    expected,
  );
}

// One module more than once.

test(
  "one module loaded twice",
  conflict,
  [acme("acme-kinesis", "1.0.0", "sink"), acme("acme-kinesis", "1.0.0", "sink")],
  [
    claims("sink", ...Array.from({ length: 2 }, () => `acme-kinesis@1.0.0: AcmeFactory in ${ACME_FILE}`)),
    "  hint: The module acme-kinesis@1.0.0 is loaded 2 times, or claims the sink 'kinesis' more than once itself: load it once.",
  ],
);

test(
  "one module in two versions",
  conflict,
  [acme("acme-kinesis", "1.0.0", "sink"), acme("acme-kinesis", "2.0.0", "sink")],
  [
    claims(
      "sink",
      `acme-kinesis@1.0.0: AcmeFactory in ${ACME_FILE}`,
      `acme-kinesis@2.0.0: AcmeFactory in ${ACME_FILE}`,
    ),
    "  hint: The module 'acme-kinesis' is loaded in 2 versions: keep one of acme-kinesis@1.0.0, acme-kinesis@2.0.0.",
  ],
);

test(
  "a module that claims one identifier twice itself",
  conflict,
  [acme("acme-kinesis", "1.0.0", "sink", "sink")],
  [
    claims("sink", ...Array.from({ length: 2 }, () => `acme-kinesis@1.0.0: AcmeFactory in ${ACME_FILE}`)),
    "  hint: The module acme-kinesis@1.0.0 is loaded 2 times, or claims the sink 'kinesis' more than once itself: load it once.",
  ],
);

// No conflict.

test("a source and a sink may share an identifier, and every distribution alone is sound", (t) => {
  for (const module of [kinesisStreams5, kinesisStreams4, kinesis5, kinesis4]) {
    t.is(wiringError([module, ioBasic]), "");
  }
  t.is(wiringError([acme("a", "1.0.0", "source"), acme("b", "1.0.0", "sink")]), "");
});

test("an override decides, and is visible in the listing", (t) => {
  const registry = createRegistry([kinesisStreams5, acme("acme-kinesis", "1.0.0", "sink")], {
    overrides: [{ role: "sink", identifier: "kinesis", module: "acme-kinesis" }],
  });

  t.like(
    registry.registrations.find((one) => one.role === "sink"),
    { identifier: "kinesis", module: "acme-kinesis", version: "1.0.0", overrides: "kinesis-streams@5.1.0" },
  );
});

test("the outcome never depends on the order of modules", (t) => {
  const modules = [kinesisStreams5, kinesis5, ioBasic, acme("acme-kinesis", "1.0.0", "sink")];
  const expected = wiringError(modules);
  fc.assert(
    fc.property(fc.shuffledSubarray(modules, { minLength: modules.length }), (shuffled) => {
      t.is(wiringError(shuffled), expected);
    }),
  );
});
