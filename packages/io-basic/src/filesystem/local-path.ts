import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TributaryError } from "@tributary/core";
import type { Diagnostic } from "@tributary/core";

/**
 * The absolute path that an option names.
 *
 * @throws `OPTION_INVALID` for URLs of other file systems.
 */
export function localPath(path: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//.exec(path)?.[1];
  if (scheme === undefined) {
    // `file:/tmp/x`, as Java prints paths.
    return resolve(path.startsWith("file:/") ? path.slice("file:".length) : path);
  }
  try {
    if (scheme.toLowerCase() === "file") return fileURLToPath(path);
  } catch {
    // Said below.
  }
  throw new TributaryError({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The value '${path}' of option 'path' is not a path of the local file system.`,
    option: "path",
    value: path,
    hint: "Give a path, or a file:// URL without a host.",
  });
}

/**
 * The error for a file operation that failed.
 *
 * @param place - of a read: the split and the position in it.
 */
export function fileFailure(
  operation: string,
  path: string,
  error: unknown,
  place: Pick<Diagnostic, "shard" | "sequenceNumber"> = {},
): TributaryError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ""] ?? message;
  return new TributaryError(
    {
      severity: "error",
      code: "EXTERNAL_FAILED",
      message: `${operation} '${path}' failed: ${reason}.`,
      value: path,
      ...place,
      ...(code === "ENOENT" ? { hint: "Relative paths start at the working directory." } : {}),
    },
    { cause: error },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  EEXIST: "something else stands there",
  ENOSPC: "no space is left on the device",
};
