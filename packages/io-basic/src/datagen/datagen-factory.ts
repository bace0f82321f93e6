import { tableSource } from "@tributary/core";
import type { RowField, SourceFactory, SourceFactoryContext, TableSource } from "@tributary/core";
import { ColumnSettings } from "./column-settings.js";
import { createGenerator } from "./create-generator.js";
import { DatagenOptions } from "./datagen-options.js";
import { DatagenSource } from "./datagen-source.js";
import { withNulls } from "./field-generator.js";
import type { Generator } from "./field-generator.js";
import { createSequence } from "./sequence-generators.js";

/**
 * The source `datagen`: rows made up at random or in sequence, at a rate.
 *
 * After the DataGen connector of Apache Flink. Other than there, a row is made again as it was after a restart.
 *
 * @public
 */
export class DatagenSourceFactory implements SourceFactory<DatagenOptions> {
  readonly role = "source";
  readonly identifier = "datagen";
  readonly provides = "Source";
  readonly options = DatagenOptions;
  readonly format = "none";
  readonly metadata = [];

  create(options: DatagenOptions, context: SourceFactoryContext): TableSource {
    const settings = new ColumnSettings(options, (diagnostic) => context.report(diagnostic));
    const { fields } = context.rowType;
    const counts: number[] = options.numberOfRows === undefined ? [] : [options.numberOfRows];
    const generators = fields.map((field) => columnGenerator(field, settings, counts));
    settings.reportUnread();
    return tableSource({
      source: new DatagenSource({
        names: fields.map(({ name }) => name),
        generators,
        rowsPerSecond: options.rowsPerSecond,
        count: counts.length === 0 ? undefined : Math.min(...counts),
        timeZone: context.timeZone,
      }),
    });
  }
}

/** @param counts - takes the length of a sequence. */
function columnGenerator({ name, type }: RowField, settings: ColumnSettings, counts: number[]): Generator {
  if (settings.kind(name) !== "sequence") return createGenerator(name, type, settings);
  settings.addPath(name);
  const sequence = createSequence(name, type, settings);
  if (sequence === undefined) return () => null;
  counts.push(sequence.count);
  return withNulls(sequence.generate, settings.nullRate(name));
}
