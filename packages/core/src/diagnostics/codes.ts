/**
 * What a code stands for. The table below is the only place where a code is declared: exit codes, the error page in
 * docs/ and the check that every code is documented derive from it. A code is never reused for another meaning.
 *
 * @public
 */
export interface DiagnosticCodeInfo {
  /** Exit code of the command when an error of this code ends it: 1 input, 2 command line, 3 outside world. */
  readonly exitCode: 1 | 2 | 3;
  /** When the code is given, as one phrase. */
  readonly when: string;
  /** Why it comes about. */
  readonly cause: string;
  /** What to do about it. */
  readonly cure: string;
  /** A message as it may read, and what provokes it. */
  readonly example: { readonly message: string; readonly input: string };
}

/** Every diagnostic code. @public */
export const DIAGNOSTIC_CODES = {
  FACTORY_CONFLICT: {
    exitCode: 1,
    when: "two factories claim the same role and identifier",
    cause:
      "Two loaded modules offer the same source, sink or format, or bind a class under the same name. Which of them a table would get must not depend on the order of loading, so nothing is built.",
    cure: "Load only one of the modules named in the candidates. Where both are needed for other identifiers, choose one with an override when the registry is created.",
    example: {
      message: "2 factories claim the sink 'kinesis'.",
      input: "tributary run clicks.sql --module kinesis@5 --module kinesis-streams@5",
    },
  },
  FACTORY_NOT_FOUND: {
    exitCode: 1,
    when: "no factory of that role has that identifier",
    cause:
      "A table names a connector or format that no loaded module offers, or that exists only in the other role.",
    cure: "Take one of the candidates, or load the module that has it with --module.",
    example: { message: "There is no source 'kinesi'.", input: "'connector' = 'kinesi'" },
  },
  FACTORY_INVALID: {
    exitCode: 1,
    when: "a factory declares something that cannot be registered",
    cause:
      "A plugin's factory has a bad identifier, lacks a method of the interface it provides, cannot be made, or declares an option's key twice; or a class that it binds by name does not fit its contract.",
    cure: "Correct the factory or class named in the message. A user of the plugin reports it to the plugin's author.",
    example: {
      message: "AcmeSink of the module acme@1.0.0 has the identifier 'Acme'.",
      input: 'readonly identifier = "Acme";',
    },
  },
  MODULE_NOT_FOUND: {
    exitCode: 1,
    when: "no such built-in module, package or path",
    cause:
      "A name given with --module or in 'tributary.modules' is neither built in, nor a package, nor a path; or a module requires another one that is not loaded.",
    cure: "Check the spelling against the candidates, install the package, or load the required module too.",
    example: {
      message: "The module acme@1.0.0 requires the module 'formats', which is not loaded.",
      input: "SET 'tributary.modules' = 'acme-connector';",
    },
  },
  MODULE_INCOMPATIBLE: {
    exitCode: 1,
    when: "a module was built for another version of the contract",
    cause:
      "A module was written for another version of the plugin contract, a version that it requires is not there, or it stands on a second copy of @tributary/core.",
    cure: "Update the package that is behind; npm ls @tributary/core shows whether there are two copies, npm dedupe removes one.",
    example: {
      message: "The module acme@1.0.0 is made for version 2 of the plugin contract; this is version 1.",
      input: "defineModule({ contractVersion: 2, ... })",
    },
  },
  OPTION_UNKNOWN: {
    exitCode: 1,
    when: "the connector or format has no such option",
    cause:
      "A key is misspelt, belongs to another connector or format, or to one that is not chosen. Below a prefix that the connector exempts it is a warning, and the key has no effect.",
    cure: "Take the nearest candidate, or leave the key out. tributary describe connector IDENTIFIER lists every key.",
    example: {
      message: "Option 'sink.batch.max-sze' is not known to the sink 'kinesis'.",
      input: "'sink.batch.max-sze' = '500'",
    },
  },
  OPTION_MISSING: {
    exitCode: 1,
    when: "a required option is absent",
    cause:
      "The connector or format cannot work without the option, always or because of what another option says.",
    cure: "Add the option; the hint shows an example.",
    example: {
      message: "Option 'aws.region' is missing: the source 'kinesis' requires it.",
      input: "WITH ('connector' = 'kinesis', 'stream.arn' = '...', 'format' = 'json')",
    },
  },
  OPTION_DEPRECATED: {
    exitCode: 1,
    when: "an older spelling of an option is used",
    cause: "The key still works and has a newer name. If both are given the newer one wins.",
    cure: "Write the key named in the candidates.",
    example: {
      message: "Option 'sink.producer.fail-on-error' is an older spelling of 'sink.fail-on-error'.",
      input: "'sink.producer.fail-on-error' = 'true'",
    },
  },
  OPTION_REPEATED: {
    exitCode: 1,
    when: "an option is given twice",
    cause: "The same key stands more than once in one table. The last value is used.",
    cure: "Keep one of them.",
    example: {
      message: "Option 'format' is given 2 times; the last value, 'csv', is used.",
      input: "WITH ('format' = 'json', 'format' = 'csv')",
    },
  },
  OPTION_IGNORED: {
    exitCode: 1,
    when: "a setting has no effect here",
    cause:
      "The setting is valid and does nothing in this place: for this runtime, this connector, or beside another setting.",
    cure: "Leave it out, or change what the message names.",
    example: {
      message: "Option 'scan.watermark.idle-timeout' has no effect: the table declares no WATERMARK.",
      input: "'scan.watermark.idle-timeout' = '30 s'",
    },
  },
  OPTION_INVALID: {
    exitCode: 1,
    when: "an option's value does not parse or is out of range",
    cause: "The text is not of the option's type, not one of the allowed values, or outside the limits.",
    cure: "Write the value in the form that the hint gives.",
    example: {
      message: "The value 'PUSH' of option 'source.reader.type' is not one of POLLING, EFO.",
      input: "'source.reader.type' = 'PUSH'",
    },
  },
  OPTION_CONFLICT: {
    exitCode: 1,
    when: "two settings exclude each other",
    cause:
      "Each setting is valid, and both together say two different things, or one needs another that is absent.",
    cure: "Leave one of the settings named in the message out.",
    example: {
      message: "'json.fail-on-missing-field' and 'json.ignore-parse-errors' cannot both be true.",
      input: "'json.fail-on-missing-field' = 'true', 'json.ignore-parse-errors' = 'true'",
    },
  },
  SECRET_EXPOSED: {
    exitCode: 1,
    when: "a secret is given where others can see it",
    cause:
      "The value stands in a place that others can read, such as the command line, which process lists show.",
    cure: "Give it through a file, the environment, or another provider of credentials.",
    example: {
      message: "What is given with --set is seen in the list of processes.",
      input: "--set aws.secretAccessKey=...",
    },
  },
  SCHEMA_INVALID: {
    exitCode: 1,
    when: "a table's columns, types or keys are wrong",
    cause:
      "A type is unknown or out of bounds, a column is declared twice, a metadata key does not exist or has another type, a format cannot carry a type, or watermark, key or partitions name what is not there.",
    cure: "Correct the column that the diagnostic points at; candidates are the names that exist.",
    example: {
      message:
        "The metadata column 'arrived' has the key 'timestmp', which the source 'kinesis' does not know.",
      input: "arrived TIMESTAMP_LTZ(3) METADATA FROM 'timestmp' VIRTUAL",
    },
  },
  SQL_SYNTAX: {
    exitCode: 1,
    when: "the script does not parse",
    cause: "The text at the place given is not what the grammar allows there.",
    cure: "Correct the text; the message says what was expected. Reserved words as names need backquotes.",
    example: {
      message: "Expected ')' and found 'WITH'.",
      input: "CREATE TABLE t (id BIGINT WITH ('connector' = 'print');",
    },
  },
  SQL_UNSUPPORTED: {
    exitCode: 1,
    when: "the script parses and is outside the supported dialect",
    cause: "The statement or clause is known SQL, and this dialect does not have it.",
    cure: "The hint says what is supported instead.",
    example: {
      message: "INSERT OVERWRITE is not supported.",
      input: "INSERT OVERWRITE totals SELECT * FROM clicks;",
    },
  },
  SQL_INVALID: {
    exitCode: 1,
    when: "a name, type or number of arguments in a statement is wrong",
    cause:
      "A table, column or function does not exist, types do not fit, or the number of columns or arguments is wrong.",
    cure: "Correct the statement at the place given; candidates are the names that exist.",
    example: { message: "There is no column 'user' in 'clicks'.", input: "SELECT `user` FROM clicks;" },
  },
  PIPELINE_INVALID: {
    exitCode: 1,
    when: "a pipeline graph cannot run",
    cause: "Two steps have one name, a step reads what nobody makes, or a windowed step has no end.",
    cure: "Correct the step named in the diagnostic.",
    example: { message: "Two steps are named 'parse'.", input: 'p.apply("parse", a); p.apply("parse", b);' },
  },
  RUNNER_UNSUPPORTED: {
    exitCode: 1,
    when: "the runner cannot do a step or a table exactly",
    cause: "The chosen runner, or this version, would have to approximate. It refuses instead.",
    cure: "Use another runner, or change the step as the hint says.",
    example: {
      message:
        "The format 'debezium-json' of the table 'orders' carries changes (-U, +U, -D), and the rows of a pipeline are insertions only.",
      input: "'format' = 'debezium-json'",
    },
  },
  RECORD_TOO_LARGE: {
    exitCode: 1,
    when: "a record or key is beyond the destination's limit",
    cause: "One record, with its key, is larger than the service accepts. Nothing of it was sent.",
    cure: "Write smaller records, or choose a shorter key.",
    example: {
      message: "A record of 1100000 bytes is beyond the limit of 1048576 bytes.",
      input: "INSERT INTO events SELECT id, REPEAT(payload, 1000) FROM raw;",
    },
  },
  RECORD_MALFORMED: {
    exitCode: 1,
    when: "a record cannot be decoded",
    cause:
      "A record's bytes are not what the table's format and columns say, a value cannot be cast, or NULL stands where it must not. Table, split and position say which record it is.",
    cure: "Correct the producer or the columns; or skip and count such records with the format's 'ignore-parse-errors' or 'decode.on-error' = 'skip', or keep them in a table with 'decode.on-error' = 'dead-letter'.",
    example: {
      message:
        'A record of the table \'clicks\' cannot be decoded as json (split shardId-000000000000, position 4956..., column \'id\' of type BIGINT, offset 7): "x" is not a BIGINT. Near: {"id": "x"}',
      input: '{"id": "x"}',
    },
  },
  STATE_INCOMPATIBLE: {
    exitCode: 1,
    when: "a checkpoint does not fit the pipeline",
    cause: "A step that has state in the checkpoint is gone, renamed, or keeps another kind of state now.",
    cure: "Restore with the pipeline that wrote the checkpoint, or start anew with --fresh.",
    example: {
      message: "The checkpoint has state of the step 'totals', which the pipeline does not have.",
      input: "tributary run job.sql --checkpoint state --restore",
    },
  },
  CHECKPOINT_UNUSABLE: {
    exitCode: 1,
    when: "there is nothing to restore from, or the directory cannot be used",
    cause:
      "The directory holds no complete checkpoint, is used by a live process, or holds checkpoints and it was not said whether to use them.",
    cure: "Give --restore or --fresh, another directory, or end the other process.",
    example: {
      message: "The directory 'state' holds checkpoints.",
      input: "tributary run job.sql --checkpoint state",
    },
  },
  CHECKPOINT_DAMAGED: {
    exitCode: 1,
    when: "a checkpoint is incomplete or fails its checksum",
    cause:
      "A file of the checkpoint is missing, cut or changed. As a warning: an older checkpoint is used, and more is read again.",
    cure: "If no checkpoint is left, restore the directory from a copy or start anew with --fresh.",
    example: {
      message: "The checkpoint 12 in 'state' fails its checksum.",
      input: "tributary run job.sql --checkpoint state --restore",
    },
  },
  SOURCE_DATA_LOST: {
    exitCode: 1,
    when: "a checkpointed position is no longer in the stream",
    cause: "The job was away for longer than the stream keeps records, so some were never read.",
    cure: "Accept the loss where it is reported as an error, lengthen the stream's retention, and watch the lag.",
    example: {
      message: "Records of shardId-000000000000 after 4956... are no longer in the stream.",
      input: "tributary run job.sql --checkpoint state --restore",
    },
  },
  MIGRATION_DIFFERENCE: {
    exitCode: 1,
    when: "a migrated setting has no counterpart or behaves differently",
    cause: "The newer connector does not have the setting, or does something else with it.",
    cure: "Read the message and decide; the rest of the script is migrated.",
    example: {
      message: "Option 'scan.shard.getrecords.maxretries' has no counterpart.",
      input: "tributary migrate old.sql --to kinesis@5",
    },
  },
  COMMAND_INVALID: {
    exitCode: 2,
    when: "the command line is wrong",
    cause: "A command, option or argument is unknown, missing or cannot be read.",
    cure: "--help after the command shows what it takes.",
    example: { message: "There is no command 'rn'.", input: "tributary rn job.sql" },
  },
  CREDENTIALS_MISSING: {
    exitCode: 3,
    when: "no credentials were found",
    cause: "None of the providers that were tried has credentials. The message names them.",
    cure: "Configure one of the providers, or set 'aws.credentials.provider' to the one that has them.",
    example: { message: "No credentials were found by AUTO.", input: "'aws.credentials.provider' = 'AUTO'" },
  },
  ACCESS_DENIED: {
    exitCode: 3,
    when: "the service denied an action",
    cause: "The identity that the credentials stand for may not do the action on the resource.",
    cure: "Allow the action named in the message, or use other credentials.",
    example: {
      message: "kinesis:GetRecords was denied.",
      input: "'stream.arn' = 'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks'",
    },
  },
  CREDENTIALS_EXPIRED: {
    exitCode: 3,
    when: "the credentials have expired",
    cause: "Temporary credentials have come to their end, and the provider has no newer ones.",
    cure: "Log in again or renew the session token; a provider that renews its credentials itself, e.g. ASSUME_ROLE, does not expire.",
    example: {
      message: "The credentials of the provider ENV_VAR have expired.",
      input: "AWS_SESSION_TOKEN of yesterday",
    },
  },
  CREDENTIALS_REJECTED: {
    exitCode: 3,
    when: "the service does not accept the credentials",
    cause:
      "The access key is unknown, inactive or of another partition, or the secret key does not belong to it.",
    cure: "Check both keys of the provider named in the message, and that they are of the account's partition.",
    example: {
      message: "The credentials of the provider BASIC were not accepted.",
      input: "'aws.credentials.basic.secretkey' = 'mistyped'",
    },
  },
  KMS_DENIED: {
    exitCode: 3,
    when: "the stream's KMS key cannot be used",
    cause: "The stream is encrypted, and its key is disabled, gone, or not allowed to the caller.",
    cure: "Allow the KMS action named in the message on the key, or enable the key.",
    example: {
      message: "kms:Decrypt was denied on the key of stream 'clicks'.",
      input: "a policy that allows kinesis:GetRecords alone",
    },
  },
  CLOCK_SKEWED: {
    exitCode: 3,
    when: "this machine's clock is wrong",
    cause:
      "Requests are signed with the time of this machine, and the service refuses signatures that are minutes off.",
    cure: "Set the clock, or let NTP do it; the message says by how much it is off, if the service told.",
    example: {
      message: "This machine's clock is 20 minutes behind the service's.",
      input: "a container whose clock stood still",
    },
  },
  STREAM_NOT_FOUND: {
    exitCode: 3,
    when: "the stream does not exist",
    cause: "No stream has that name in the region and account that were looked in.",
    cure: "Check name, region and account; candidates are streams with near names.",
    example: {
      message: "There is no stream 'click' in eu-west-1 of 111122223333.",
      input: "'stream.arn' = 'arn:aws:kinesis:eu-west-1:111122223333:stream/click'",
    },
  },
  SERVICE_UNAVAILABLE: {
    exitCode: 3,
    when: "the service cannot be reached",
    cause: "The endpoint does not answer, or answers with failures past the limit of retries.",
    cure: "Check the endpoint named in the message and the network; then run again, with --restore if there is a checkpoint.",
    example: {
      message: "http://localhost:4567 does not answer.",
      input: "'aws.endpoint' = 'http://localhost:4567'",
    },
  },
  EXTERNAL_FAILED: {
    exitCode: 3,
    when: "an outside service failed",
    cause: "A service or cluster reported a failure of its own; its error code is in the message.",
    cure: "Look the service's error code up; then run again.",
    example: {
      message: "ListShards failed: LimitExceededException.",
      input: "tributary run job.sql --runner flink --gateway http://localhost:8083",
    },
  },
  OUTPUT_INVALID: {
    exitCode: 1,
    when: "a function emits what it may not",
    cause:
      "A function emits to an output that it does not declare, at a timestamp before its input or after the end of time, or when it has finished already.",
    cure: "Declare the output, or how far back outputs may be; await what the function starts.",
    example: {
      message: "The step 'enrich' declares no output 'lat'.",
      input: 'context.emitTo("lat", order)',
    },
  },
  ELEMENT_MUTATED: {
    exitCode: 1,
    when: "a function changes an element that others may hold",
    cause:
      "A function changes its input, or an output after it has emitted it; other steps see the change or do not, depending on how the pipeline runs. Only looked for where a run asks for it.",
    cure: "Make a new object instead of changing the one that came in.",
    example: {
      message: "The function of the step 'enrich' changes its input: other steps may hold the same object.",
      input: "order.total += 1; context.emit(order);",
    },
  },
  TIMER_INVALID: {
    exitCode: 1,
    when: "a timer is set out of bounds",
    cause:
      "A timer is set to an instant after its window has expired, or with an output timestamp before the current element or after the expiry of the window.",
    cure: "Set it at most to the end of the window plus the allowed lateness, or relative to the element.",
    example: {
      message: "The step 'sessions' sets the timer 'flush' to 90000, after its window expires at 59999.",
      input: "timers.flush.set(90_000)",
    },
  },
  SIDE_INPUT_INVALID: {
    exitCode: 1,
    when: "a side input cannot be read as declared",
    cause: "A singleton has no value or more than one in the window, or a map has a key twice.",
    cure: "Give the singleton a default, combine the collection to one value, or read it as a multimap.",
    example: {
      message:
        "The side input 'rate' of the step 'convert' is a singleton and has 2 values in the window [0, 60000).",
      input: "sideInputs: { rate: asSingleton(rates) }",
    },
  },
  RESTRICTION_INVALID: {
    exitCode: 1,
    when: "a splittable function does not keep to its restriction",
    cause:
      "A function claims positions out of order or after a refusal, or returns without having claimed all of its restriction.",
    cure: "Claim each position before its work, stop at the first refusal, and claim up to the end.",
    example: {
      message: "The step 'pages' has returned and claimed [0, 7) of [0, 10) only.",
      input: "if (!tracker.tryClaim(position)) return;",
    },
  },
  METRIC_INVALID: {
    exitCode: 1,
    when: "a metric cannot be kept",
    cause: "A function's metric has an empty name or namespace, or the name of a metric of another kind.",
    cure: "Give the metric a name of its own.",
    example: {
      message: "The metric '' of the step 'parse' has an empty name or namespace.",
      input: 'context.metrics.counter("")',
    },
  },
} as const satisfies Record<string, DiagnosticCodeInfo>;

/** A code of {@link DIAGNOSTIC_CODES}. @public */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
