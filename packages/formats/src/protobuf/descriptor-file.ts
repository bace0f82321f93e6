/** The message that the options name, from the file that they name. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { nearestFirst, TributaryError } from "@tributary/core";
import { DescriptorFault, DescriptorSet } from "./descriptor-set.js";
import type { MessageType } from "./message-type.js";
import { PROTOBUF } from "./protobuf-options.js";
import type { ProtobufFormatOptions } from "./protobuf-options.js";

/** Largest descriptor file, in bytes. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** Most names that an error lists. */
const CANDIDATES_MAX = 20;
const MADE_WITH = "Make it with protoc --include_imports --descriptor_set_out=FILE.";

/**
 * Reads the descriptor file and finds the message.
 *
 * @throws `OPTION_INVALID` if there is no such file, it is no FileDescriptorSet or it lacks the message or what the
 *   message is made of.
 */
export function readMessageType({ descriptorFile, messageName }: ProtobufFormatOptions): MessageType {
  const bytes = readBytes(descriptorFile);
  try {
    const set = new DescriptorSet(bytes);
    const found = set.findMessage(messageName);
    if (found === undefined) throw noSuchMessage(descriptorFile, messageName, set.messageNames);
    // Links what the message is made of.
    checkLinks(found, new Set());
    return found;
  } catch (error) {
    if (!(error instanceof DescriptorFault)) throw error;
    throw fault(
      "descriptor-file",
      descriptorFile,
      `The file '${descriptorFile}' is no FileDescriptorSet that can be used. ${error.message}`,
      { hint: error.hint ?? MADE_WITH },
    );
  }
}

/** Looks every field's type up, so that what is missing shows before anything is read. */
function checkLinks(message: MessageType, seen: Set<MessageType>): void {
  const open = [message];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (seen.has(one)) continue;
    seen.add(one);
    for (const { kind } of one.fields) {
      const inner = kind.kind === "map" ? kind.value : kind;
      if (inner.kind === "message") open.push(inner.type);
    }
  }
}

function readBytes(file: string): Uint8Array {
  const path = resolve(file);
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw fault("descriptor-file", file, `'${file}' is no file.`, { hint: MADE_WITH });
    if (stats.size > FILE_BYTES_MAX) {
      throw fault(
        "descriptor-file",
        file,
        `The file '${file}' has ${stats.size} bytes; a descriptor file has at most ${FILE_BYTES_MAX}.`,
        { hint: MADE_WITH },
      );
    }
    return readFileSync(path);
  } catch (error) {
    if (TributaryError.is(error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" || code === "ENOTDIR" ? "there is no such file" : message;
    throw fault("descriptor-file", file, `The file '${file}' cannot be read: ${reason}.`, {
      candidates: neighbours(file),
      hint: `Relative paths start at the working directory. ${MADE_WITH}`,
    });
  }
}

/** Files of the same folder, nearest first. */
function neighbours(file: string): readonly string[] {
  const folder = dirname(file);
  try {
    const names = readdirSync(resolve(folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() && /\.(desc|descriptor|pb|binpb|protoset|bin|fds)$/i.test(entry.name)
        ? [join(folder, entry.name)]
        : [],
    );
    return nearestFirst(file, names).slice(0, CANDIDATES_MAX);
  } catch {
    return [];
  }
}

function noSuchMessage(file: string, name: string, names: readonly string[]): TributaryError {
  return fault("message-class-name", name, `The file '${file}' declares no message '${name}'.`, {
    candidates: nearestFirst(name, names).slice(0, CANDIDATES_MAX),
    hint: "Give the name as in the .proto file: package, enclosing messages and message, with dots between them.",
  });
}

function fault(
  key: "descriptor-file" | "message-class-name",
  value: string,
  message: string,
  more: { readonly hint: string; readonly candidates?: readonly string[] },
): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "OPTION_INVALID",
    message,
    connector: PROTOBUF,
    option: `${PROTOBUF}.${key}`,
    value,
    ...more,
  });
}
