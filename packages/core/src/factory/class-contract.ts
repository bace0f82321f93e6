/**
 * Classes by name. Where Apache Flink's connectors take the name of a Java class, an option here takes a name that a
 * module binds, e.g. `org.mycompany.MyPartitioner`, so that a script stays valid on both; or `./file.mjs#Export`, a
 * class in a file beside the script. What such a class must be is said by a contract of the connector that uses it.
 */

/** Token under which an inversify module binds its {@link NamedClass}es, as many as it likes. @public */
export const NAMED_CLASS: symbol = Symbol.for("@tributary/core/NamedClass");

declare const MADE: unique symbol;

/**
 * What a connector asks of a class that an option names.
 *
 * @typeParam T - what its instances are.
 * @typeParam A - what its constructor is given.
 * @public
 */
export interface ClassContract<T extends object = object, A extends readonly unknown[] = readonly unknown[]> {
  /** Unique, with the package's name; equal names are one contract, also from two copies of a package. */
  readonly name: string;
  /** What messages call it, without article: `partition key generator`. */
  readonly noun: string;
  /** Methods that every such class has. Further ones may be optional. */
  readonly methods: readonly string[];
  /** For the compiler only; there is no such property. */
  readonly [MADE]?: { readonly instance: T; readonly args: A };
}

/** A class with the contract that it is bound for; made by {@link bindClass}. @public */
export interface ClassBinding {
  readonly contract: ClassContract;
  readonly type: new (...args: never[]) => object;
  /** Services of the module that the constructor is given, behind what the contract gives. */
  readonly services: readonly symbol[];
}

/** A class under the name that options call it by. @public */
export interface NamedClass extends ClassBinding {
  readonly name: string;
}

/**
 * Binds a class for a contract; the compiler checks that it fits.
 *
 * @param services - tokens of the module's services; the constructor gets them behind the contract's arguments.
 * @example
 * defineModule({
 *   name: "acme-keys",
 *   version: "1.0.0",
 *   classes: { "org.mycompany.MyPartitioner": bindClass(PARTITION_KEY_GENERATOR, MyPartitioner) },
 * });
 * @public
 */
export function bindClass<T extends object, A extends readonly unknown[]>(
  contract: ClassContract<T, A>,
  type: new (...args: [...A, ...never[]]) => T,
  services: readonly symbol[] = [],
): ClassBinding {
  // Who makes an instance holds the contract, and so knows the arguments.
  const anyArguments = type as unknown as ClassBinding["type"];
  return Object.freeze({ contract, type: anyArguments, services: Object.freeze([...services]) });
}

/** What keeps a value from being a class of a contract, as it continues "MyPartitioner ..."; undefined if it is one. */
export function classShapeFault({ methods }: ClassContract, value: unknown): string | undefined {
  const prototype: unknown = typeof value === "function" ? value.prototype : undefined;
  if (typeof prototype !== "object" || prototype === null) return "is not a class";
  const missing = methods.filter(
    (method) => typeof (prototype as Readonly<Record<string, unknown>>)[method] !== "function",
  );
  if (missing.length === 0) return undefined;
  const names = missing.map((method) => `'${method}'`).join(" and ");
  return `has no method${missing.length === 1 ? "" : "s"} ${names}`;
}

/** `a partition key generator`, `an AWS credentials provider`. */
export function withArticle({ noun }: ClassContract): string {
  return `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun}`;
}

/** What a factory asks for when one of its options names a class. @public */
export interface ClassRequest<T extends object, A extends readonly unknown[]> {
  readonly contract: ClassContract<T, A>;
  /** Key of the option. */
  readonly option: string;
  /** The option's value: a name that a module binds, or `./file.mjs#Export`. */
  readonly name: string;
  /** Words that the option takes too, for messages. */
  readonly words?: readonly string[];
  /** A name that nobody binds is not reported: the caller goes on without the class. */
  readonly isOptional?: boolean;
}

/** A class that an option names, checked. @public */
export interface ResolvedClass<T extends object, A extends readonly unknown[]> {
  readonly name: string;
  /**
   * Makes an instance, which is the caller's to release. Not to be called while planning: the code may be a user's.
   *
   * @throws `OPTION_INVALID` if the constructor throws, or if planning could not check the class.
   */
  make(...args: A): T;
}
