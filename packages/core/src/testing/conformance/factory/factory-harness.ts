import type { FactoryRole } from "../../../factory/factory.js";
import type { Module } from "../../../factory/module.js";

/** What a plugin author supplies to have a factory checked. @public */
export interface FactoryHarness {
  readonly role: FactoryRole;
  readonly identifier: string;
  /** The module that has the factory, and those that it needs. A format that a connector requires is the kit's. */
  readonly modules: readonly Module[];
  /** Options under which the factory creates, as a user writes them; a format's with its prefix. */
  readonly options: Readonly<Record<string, string>>;
  /** Columns of the table, with their types as text. Default `id BIGINT, text STRING`. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Bad values beyond those of the type, by key. */
  readonly invalid?: Readonly<Record<string, string>>;
  /** Keys whose examples name what only their reader has, such as a file: they need not be accepted here. */
  readonly illustrations?: readonly string[];
  /** Keys of secrets that neither `isSecret` nor their spelling marks. */
  readonly secrets?: readonly string[];
}
