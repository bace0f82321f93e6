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
}

/** Every diagnostic code. @public */
export const DIAGNOSTIC_CODES = {
  FACTORY_CONFLICT: { exitCode: 1, when: "two factories claim the same role and identifier" },
  FACTORY_NOT_FOUND: { exitCode: 1, when: "no factory of that role has that identifier" },
  FACTORY_INVALID: { exitCode: 1, when: "a factory declares something that cannot be registered" },
  MODULE_NOT_FOUND: { exitCode: 1, when: "no such built-in module, package or path" },
  MODULE_INCOMPATIBLE: { exitCode: 1, when: "a module was built for another version of the contract" },
  OPTION_UNKNOWN: { exitCode: 1, when: "the connector or format has no such option" },
  OPTION_MISSING: { exitCode: 1, when: "a required option is absent" },
  OPTION_DEPRECATED: { exitCode: 1, when: "an older spelling of an option is used" },
  OPTION_REPEATED: { exitCode: 1, when: "an option is given twice" },
  OPTION_IGNORED: { exitCode: 1, when: "a setting has no effect here" },
  OPTION_INVALID: { exitCode: 1, when: "an option's value does not parse or is out of range" },
  OPTION_CONFLICT: { exitCode: 1, when: "two settings exclude each other" },
  SCHEMA_INVALID: { exitCode: 1, when: "a table's columns, types or keys are wrong" },
  SQL_SYNTAX: { exitCode: 1, when: "the script does not parse" },
  SQL_UNSUPPORTED: { exitCode: 1, when: "the script parses and is outside the supported dialect" },
  SQL_INVALID: { exitCode: 1, when: "a name, type or number of arguments in a statement is wrong" },
  PIPELINE_INVALID: { exitCode: 1, when: "a pipeline graph cannot run" },
  RUNNER_UNSUPPORTED: { exitCode: 1, when: "the runner cannot do a step or a table exactly" },
  RECORD_TOO_LARGE: { exitCode: 1, when: "a record or key is beyond the destination's limit" },
  RECORD_MALFORMED: { exitCode: 1, when: "a record cannot be decoded" },
  STATE_INCOMPATIBLE: { exitCode: 1, when: "a checkpoint does not fit the pipeline" },
  CHECKPOINT_UNUSABLE: {
    exitCode: 1,
    when: "there is nothing to restore from, or the directory cannot be used",
  },
  CHECKPOINT_DAMAGED: { exitCode: 1, when: "a checkpoint is incomplete or fails its checksum" },
  SOURCE_DATA_LOST: { exitCode: 1, when: "a checkpointed position is no longer in the stream" },
  MIGRATION_DIFFERENCE: { exitCode: 1, when: "a migrated setting has no counterpart or behaves differently" },
  COMMAND_INVALID: { exitCode: 2, when: "the command line is wrong" },
  CREDENTIALS_MISSING: { exitCode: 3, when: "no credentials were found" },
  ACCESS_DENIED: { exitCode: 3, when: "the service denied an action" },
  STREAM_NOT_FOUND: { exitCode: 3, when: "the stream does not exist" },
  SERVICE_UNAVAILABLE: { exitCode: 3, when: "the service cannot be reached" },
  EXTERNAL_FAILED: { exitCode: 3, when: "an outside service failed" },
} as const satisfies Record<string, DiagnosticCodeInfo>;

/** A code of {@link DIAGNOSTIC_CODES}. @public */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
