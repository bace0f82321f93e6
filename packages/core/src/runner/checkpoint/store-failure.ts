import type { DiagnosticCode } from "../../diagnostics/codes.js";
import { systemCode } from "./directory-files.js";

/** What a machine says when it, and not the directory that was named, is at fault. */
const FAULTS_OF_THE_MACHINE: readonly unknown[] = ["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ESTALE"];

/** The code of a failure to open a directory of checkpoints: the wrong one was named, or the machine gave out. */
export function codeOfFailure(error: unknown): DiagnosticCode {
  return FAULTS_OF_THE_MACHINE.includes(systemCode(error)) ? "EXTERNAL_FAILED" : "CHECKPOINT_UNUSABLE";
}
