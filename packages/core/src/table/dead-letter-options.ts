/** A dead-letter table that is given as a table, where options could only name it. */
import { DEAD_LETTER_TABLE_KEY, ON_ERROR_KEY } from "./framework-options.js";
import type { PlanContext } from "./planning.js";
import type { TableDescriptor } from "./table.js";

/** The table with the options that name its dead-letter table; what it sets itself stays. */
export function withDeadLetter(table: TableDescriptor, deadLetter: TableDescriptor): TableDescriptor {
  const given = new Set(table.options.map(({ key }) => key));
  const options = [
    { key: ON_ERROR_KEY, value: "dead-letter" },
    { key: DEAD_LETTER_TABLE_KEY, value: deadLetter.name },
  ].filter(({ key }) => !given.has(key));
  return { ...table, options: [...table.options, ...options] };
}

/** The context with one table more that options may name. */
export function withTable(context: PlanContext, table: TableDescriptor): PlanContext {
  const { tables } = context;
  return {
    ...context,
    tables: {
      find: (name) => (name === table.name ? table : tables?.find(name)),
      names: [table.name, ...(tables?.names ?? [])],
    },
  };
}
