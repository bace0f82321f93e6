/**
 * Checks that a JSON value is an Avro schema, by the Avro specification. For processes in which code may not be made
 * from strings: there avsc, which else checks schemas from elsewhere, cannot be loaded.
 */

const PRIMITIVES: ReadonlySet<string> = new Set([
  "null",
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "bytes",
  "string",
]);
const SIMPLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Json = Readonly<Record<string, unknown>>;

/** Names that schemas before this one, or parts of it, have defined. */
export class AvroSchemaCheck {
  readonly #named = new Set<string>();

  /** @throws Error saying what is wrong. */
  check(json: unknown, namespace: string = ""): void {
    if (typeof json === "string") this.#checkName(json, namespace);
    else if (Array.isArray(json)) this.#checkUnion(json, namespace);
    else if (typeof json === "object" && json !== null) this.#checkObject(json as Json, namespace);
    else throw new Error(`${JSON.stringify(json)} is no type`);
  }

  #checkName(name: string, namespace: string): void {
    if (PRIMITIVES.has(name) || this.#named.has(name) || this.#named.has(`${namespace}.${name}`)) return;
    throw new Error(`there is no type '${name}'`);
  }

  #checkUnion(branches: readonly unknown[], namespace: string): void {
    const kinds = new Set<string>();
    for (const branch of branches) {
      if (Array.isArray(branch)) throw new Error("a union stands within a union");
      this.check(branch, namespace);
      const kind = branchName(branch, namespace);
      if (kinds.has(kind)) throw new Error(`a union has '${kind}' twice`);
      kinds.add(kind);
    }
  }

  #checkObject(json: Json, namespace: string): void {
    const { type } = json;
    switch (type) {
      case "record":
      case "error":
        return this.#checkRecord(json, namespace);
      case "enum":
        this.#define(json, namespace);
        return checkNames(json["symbols"], "symbol");
      case "fixed": {
        const { size } = json;
        this.#define(json, namespace);
        if (Number.isInteger(size) && (size as number) >= 0) return undefined;
        throw new Error(`${JSON.stringify(size)} is no size of a fixed`);
      }
      case "array":
        return this.check(json["items"], namespace);
      case "map":
        return this.check(json["values"], namespace);
      default:
        return this.check(type, namespace);
    }
  }

  #checkRecord(json: Json, namespace: string): void {
    const name = this.#define(json, namespace);
    const { fields } = json;
    if (!Array.isArray(fields)) throw new Error(`the record '${name}' has no list of fields`);
    checkNames(
      fields.map((field: unknown) => (field as Json | null)?.["name"]),
      "field",
    );
    const inner = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
    for (const field of fields as readonly Json[]) this.check(field["type"], inner);
  }

  /** @returns the full name. */
  #define(json: Json, outer: string): string {
    const name = fullName(json, outer);
    if (!name.split(".").every((part) => SIMPLE_NAME.test(part))) {
      throw new Error(`${JSON.stringify(json["name"])} is no name of a type`);
    }
    if (this.#named.has(name)) throw new Error(`'${name}' is defined twice`);
    this.#named.add(name);
    return name;
  }
}

function fullName(json: Json, outer: string): string {
  const { name, namespace = outer } = json;
  if (typeof name !== "string") return "";
  return name.includes(".") || typeof namespace !== "string" || namespace === ""
    ? name
    : `${namespace}.${name}`;
}

/** What tells a union's branches apart: of named types the name, of others the kind. */
function branchName(branch: unknown, namespace: string): string {
  if (typeof branch === "string") return branch;
  const json = branch as Json;
  const { type } = json;
  if (typeof type !== "string") return branchName(type, namespace);
  return ["record", "error", "enum", "fixed"].includes(type) ? fullName(json, namespace) : type;
}

function checkNames(names: unknown, what: string): void {
  if (!Array.isArray(names)) throw new Error(`there is no list of ${what}s`);
  const seen = new Set<unknown>();
  for (const name of names as readonly unknown[]) {
    if (typeof name !== "string" || !SIMPLE_NAME.test(name)) {
      throw new Error(`${JSON.stringify(name)} is no name of a ${what}`);
    }
    if (seen.has(name)) throw new Error(`the ${what} '${name}' stands twice`);
    seen.add(name);
  }
}
