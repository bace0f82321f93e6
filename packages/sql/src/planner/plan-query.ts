/** Relations to steps: reads, one function for each run of filters and projections, windows, combines. */
import type {
  AppendOnlySink,
  Coder,
  CombineBinding,
  Diagnostic,
  JsonValue,
  LogicalType,
  PlanContext,
  Row,
  RowType,
  SqlValue,
  StepBinding,
  TableDescriptor,
  Window,
} from "@tributary/core";
import {
  Instant,
  LocalTimestamp,
  VALUE_CODER,
  changesIntoAppendOnly,
  isChangelogRefusal,
  planSource,
  printType,
  rowCoder,
  rowConstructor,
} from "@tributary/core";
import { combineFn, keyFunctions } from "../aggregates/combine-functions.js";
import { printAggregate } from "../binder/bind-aggregation.js";
import type { Faults } from "../binder/faults.js";
import { Abandoned } from "../binder/faults.js";
import { printName, printScalar } from "../expressions/print-scalar.js";
import { implementation } from "../expressions/scalar.js";
import type { Scalar } from "../expressions/scalar.js";
import type { CompileOptions, StageItem } from "../expressions/stage-function.js";
import { compileCondition, compileScalar, compileStage } from "../expressions/stage-function.js";
import { timestampType, withNullable } from "../expressions/type-rules.js";
import { zoneClock } from "../functions/time-zone.js";
import type { Span } from "../parser/ast.js";
import type { GraphBuilder, StepDetails } from "./graph-builder.js";
import type {
  AggregateRelation,
  ProjectRelation,
  Relation,
  ScanRelation,
  UnionRelation,
  ValuesRelation,
  WindowPart,
  WindowRelation,
} from "./relation.js";
import { describeWindow, localBounds, tumbleStart, windowFn } from "./sql-windows.js";
import type { Stream } from "./stream.js";
import { baseStream, boundMarker, canInline, conjunction, inlined } from "./stream.js";
import { boundsOf, isWindowed, needsWindowRows } from "./window-rows.js";
import { planExpand } from "./plan-expand.js";
import { planJoin } from "./plan-join.js";
import { planLimit } from "./plan-limit.js";
import { planRank } from "./plan-rank.js";
import type { PlanSite } from "./plan-site.js";
import { inGlobalWindow, windowsOfRows } from "./plan-site.js";
import { planWindowRows } from "./plan-window-rows.js";
import { scannedTables } from "./scanned-tables.js";
import { valuesSource } from "./values-source.js";

/** Plans the queries of one statement. */
export class QueryPlanner implements PlanSite {
  readonly faults: Faults;
  readonly options: CompileOptions;
  readonly #graph: GraphBuilder;
  readonly #context: PlanContext;
  /** Start of the names of reads: those of a statement set are shared by its INSERTs. */
  readonly #readPrefix: string;
  readonly #reads: Map<string, string>;
  readonly #unbounded = new Set<string>();
  /** The window relation whose rows are aggregated at once: they need not be made. */
  #aggregated: WindowRelation | undefined;
  #prefix: string;
  /** Where the rows of the current INSERT go, if that takes insertions only. */
  #appendOnly: { readonly sink: AppendOnlySink; readonly span: Span } | undefined;

  constructor(
    graph: GraphBuilder,
    faults: Faults,
    context: PlanContext,
    options: CompileOptions,
    readPrefix: string,
  ) {
    this.#graph = graph;
    this.faults = faults;
    this.#context = context;
    this.options = options;
    this.#readPrefix = readPrefix;
    this.#prefix = readPrefix;
    this.#reads = new Map();
  }

  /** Steps from here on are named after the INSERT `prefix`. */
  startInsert(prefix: string): void {
    this.#prefix = prefix;
  }

  /** Tables that are read from here on go into this one. */
  into(sink: AppendOnlySink | undefined, span: Span): void {
    this.#appendOnly = sink && { sink, span };
  }

  /** Adds a step of the current INSERT. */
  step(
    name: string,
    inputs: readonly string[],
    binding: StepBinding,
    details: StepDetails,
    span: Span,
    stateIdentity?: JsonValue,
  ): string {
    const place = this.faults.place(span);
    return this.#graph.add(`${this.#prefix}/${name}`, inputs, binding, details, place, stateIdentity);
  }

  plan(relation: Relation): Stream {
    switch (relation.kind) {
      case "scan":
        return this.#scan(relation);
      case "values":
        return this.#values(relation);
      case "project":
        return this.#project(relation);
      case "window":
        return this.#window(relation);
      case "aggregate":
        return this.#aggregate(relation);
      case "union":
        return this.#union(relation);
      case "limit":
        return planLimit(relation, this);
      case "expand":
        return planExpand(relation, this);
      case "rank":
        return planRank(relation, this);
      case "join":
        return planJoin(relation, this);
    }
  }

  isBounded(relation: Relation): boolean {
    return scannedTables(relation).every(({ name }) => !this.#unbounded.has(name));
  }

  #scan(relation: ScanRelation): Stream {
    const { table } = relation;
    const known = this.#reads.get(table.name);
    const collection = known ?? this.#read(table, relation.span);
    this.#reads.set(table.name, collection);
    return baseStream(collection, relation.columns);
  }

  #read(table: TableDescriptor, span: Span): string {
    const { value, diagnostics } = planSource(table, this.#context);
    this.#report(diagnostics);
    if (value === undefined) throw new Abandoned();
    if (value.boundedness !== "bounded") this.#unbounded.add(table.name);
    const { watermark } = table.schema;
    return this.#graph.add(
      `${this.#readPrefix}/read:${table.name}`,
      [],
      value.binding,
      {
        table: table.name,
        connector: value.factory.identifier,
        boundedness: value.boundedness,
        columns: Object.fromEntries(value.rowType.fields.map((one) => [one.name, printType(one.type)])),
        ...(watermark === undefined ? {} : { watermark: `${watermark.column} AS ${watermark.expression}` }),
        ...(value.deadLetterTable === undefined ? {} : { deadLetterTable: value.deadLetterTable }),
      },
      this.faults.place(span),
      { connector: value.stateFamily, table: table.name },
    );
  }

  /** Changes that could not be written either are a fault of the statement, in place of one of the table. */
  #report(diagnostics: readonly Diagnostic[]): void {
    const target = this.#appendOnly;
    const refusals = target === undefined ? [] : diagnostics.filter(isChangelogRefusal);
    for (const one of refusals) {
      const { sink, span } = target as NonNullable<typeof target>;
      const { code, message, table = "", hint = "" } = changesIntoAppendOnly(one, sink);
      this.faults.error(code, span, message, { table, hint });
      this.faults.leaveOut((other) => isChangelogRefusal(other) && other.table === one.table);
    }
    this.faults.add(diagnostics);
  }

  #values(relation: ValuesRelation): Stream {
    const collection = this.step(
      "values",
      [],
      { kind: "read", source: valuesSource(relation.rows) },
      { rows: relation.rows.length, columns: typesOf(relation) },
      relation.span,
      { values: relation.rows.length },
    );
    return baseStream(collection, relation.columns);
  }

  #project(relation: ProjectRelation): Stream {
    const over = [...relation.items, ...(relation.filter === undefined ? [] : [relation.filter])];
    const input = this.#ready(this.plan(relation.input), over, relation);
    const filter = relation.filter === undefined ? undefined : inlined(input, relation.filter);
    return {
      ...input,
      filter: conjunction(input.filter, filter),
      fields: new Map(
        relation.columns.map((column, i) => [column.field, inlined(input, relation.items[i]!)]),
      ),
    };
  }

  /** The stream itself if `scalars` can be worked out over its base rows; else its rows are made first. */
  #ready(stream: Stream, scalars: readonly Scalar[], relation: Relation): Stream {
    if (canInline(stream, scalars)) return stream;
    const needed = new Set<string>();
    for (const scalar of scalars) collectColumns(scalar, needed);
    return this.#materialise(
      stream,
      [...stream.fields.keys()].filter((one) => needed.has(one)),
      relation,
    );
  }

  /** Writes filter and projection out as a step. */
  #materialise(stream: Stream, fields: readonly string[], relation: Relation): Stream {
    const items = fields.map((field) => ({ name: field, scalar: stream.fields.get(field)! }));
    const collection = this.stage(stream, items, relation.span);
    return baseStream(
      collection,
      items.map(({ name, scalar }) => ({ field: name, type: scalar.type })),
    );
  }

  /** A step with the stream's filter and these columns, or the collection itself if there is nothing to do. */
  stage(stream: Stream, items: readonly StageItem[], span: Span): string {
    const { filter, collection, baseFields } = stream;
    const isIdentity =
      items.length === baseFields.length &&
      items.every(
        ({ name, scalar }, i) => scalar.kind === "column" && scalar.name === name && baseFields[i] === name,
      );
    if (isIdentity) return filter === undefined ? collection : this.#filter(stream, filter, span);
    const print = (scalar: Scalar): string =>
      printScalar(scalar, (name) => stream.labels?.get(name) ?? printName(name));
    const details = {
      ...(filter === undefined ? {} : { condition: print(filter) }),
      columns: Object.fromEntries(items.map(({ name, scalar }) => [name, print(scalar)])),
    };
    const fn = compileStage(filter, items, this.options);
    const form = filter === undefined ? "map" : "filterMap";
    return this.step("project", [collection], { kind: "elementwise", form, fn }, details, span);
  }

  #copy(collection: string, span: Span): string {
    return this.step("copy", [collection], { kind: "elementwise", form: "map", fn: (row) => row }, {}, span);
  }

  #filter({ collection, labels }: Stream, filter: Scalar, span: Span): string {
    const fn = compileCondition(filter, this.options);
    return this.step(
      "filter",
      [collection],
      { kind: "elementwise", form: "filter", fn },
      { condition: printScalar(filter, (name) => labels?.get(name) ?? printName(name)) },
      span,
    );
  }

  // ---------------------------------------------------------------------------------------------- windows

  #window(relation: WindowRelation): Stream {
    const input = this.#onTime(relation, this.plan(relation.input));
    if (relation.spec.kind !== "TUMBLE" && this.#aggregated !== relation)
      return planWindowRows(relation, input, this);
    const fields = new Map(input.fields);
    const time = input.fields.get(relation.timeField)!;
    for (const column of relation.columns) {
      const part = column.windowPart?.part;
      if (part !== undefined && column.windowPart?.window === relation)
        fields.set(column.field, boundScalar(relation, part, column.type, time));
    }
    return { ...input, fields };
  }

  /** The stream with its elements at the time of the column, where they may stand before it. */
  #onTime({ input, timeField, span }: WindowRelation, stream: Stream): Stream {
    const column = input.columns.find((one) => one.field === timeField);
    if (column?.isAhead !== true) return stream;
    const read = compileScalar(stream.fields.get(timeField)!, this.options) as (row: Row) => Instant;
    const fn = (row: Row): number => read(row).epochMillis;
    const binding = { kind: "elementwise", form: "withTimestamps", fn, allowedSkewMs: 0 } as const;
    return {
      ...stream,
      collection: this.step("time", [stream.collection], binding, { time: timeField }, span),
    };
  }

  #aggregate(relation: AggregateRelation): Stream {
    const isDirect = relation.windowOfRow === undefined && !needsWindowRows(relation);
    const before = this.#aggregated;
    this.#aggregated = isDirect ? relation.window : undefined;
    const planned = this.plan(relation.input);
    this.#aggregated = before;
    const ofRow = isDirect ? undefined : (relation.windowOfRow ?? boundsOf(relation));
    const filter = relation.filter;
    const used = [
      ...relation.keys.map((one) => one.scalar),
      ...relation.aggregates.flatMap(({ aggregate }) => [
        ...aggregate.arguments,
        ...(aggregate.filter === undefined ? [] : [aggregate.filter]),
      ]),
      ...(filter === undefined ? [] : [filter]),
      ...(ofRow === undefined ? [] : [ofRow.start, ofRow.end]),
    ];
    const input = this.#ready(planned, used, relation);
    const condition = conjunction(input.filter, filter === undefined ? undefined : inlined(input, filter));
    let { collection } = input;
    if (condition !== undefined) collection = this.#filter(input, condition, relation.span);
    const { spec } = relation.window;
    collection = this.step(
      "window",
      [collection],
      {
        kind: "window",
        windowFn: ofRow === undefined ? windowFn(spec) : windowsOfRows(spec, ofRow, input, this.options),
      },
      { window: describeWindow(spec), timeColumn: relation.window.timeField },
      relation.window.span,
    );
    const keys = relation.keys.map((one) => inlined(input, one.scalar));
    const aggregates = relation.aggregates.map(({ aggregate }) => ({
      ...aggregate,
      arguments: aggregate.arguments.map((one) => inlined(input, one)),
      filter: aggregate.filter === undefined ? undefined : inlined(input, aggregate.filter),
    }));
    const window = describeWindow(spec);
    const keyTexts = keys.map((one) => printScalar(one));
    const aggregateTexts = aggregates.map(printAggregate);
    const output = this.step(
      "window-aggregate",
      [collection],
      this.#combine(relation, keys, aggregates),
      { window, keys: keyTexts, aggregates: aggregateTexts },
      relation.span,
      {
        window,
        keys: keys.map((one, i) => [keyTexts[i]!, printType(one.type)]),
        aggregates: aggregates.map((one, i) => [
          aggregateTexts[i]!,
          printType(one.type),
          ...one.arguments.map((argument) => printType(argument.type)),
        ]),
      },
    );
    const labels = new Map([
      ...relation.keys.map(({ field }, i) => [field, keyTexts[i]!] as const),
      ...relation.aggregates.map(({ field }, i) => [field, aggregateTexts[i]!] as const),
      ...relation.bounds.map(({ field, part }) => [field, `window_${part}`] as const),
    ]);
    return { ...baseStream(output, relation.columns), labels };
  }

  #combine(
    relation: AggregateRelation,
    keys: readonly Scalar[],
    aggregates: Parameters<typeof combineFn>[0],
  ): CombineBinding {
    const { keyOf, keyIdentity, elementIdentity, fields } = keyFunctions(keys, this.options);
    const keyType: RowType = {
      kind: "ROW",
      nullable: false,
      fields: fields.map((one) => ({ ...one, type: withNullable(one.type, true) })),
    };
    const construct = rowConstructor(relation.columns.map((one) => one.field));
    const bounds = relation.bounds.map(({ part }) => boundReader(relation.window, part, timeType(relation)));
    return {
      kind: "combine",
      keyOf,
      keyIdentity,
      elementIdentity,
      // Sound: the runner hands a coder only what it made itself.
      keyCoder: rowCoder(keyType) as unknown as Coder<never>,
      combineFn: combineFn(aggregates, this.options),
      accumulatorCoder: VALUE_CODER as unknown as Coder<never>,
      toOutput: (key: Readonly<Record<string, SqlValue>>, results: readonly SqlValue[], window: Window) => {
        const values: SqlValue[] = [];
        for (const { name } of fields) values.push(key[name]);
        for (const read of bounds) values.push(read(window));
        for (const result of results) values.push(result);
        return construct(...values);
      },
    };
  }

  // ---------------------------------------------------------------------------------------------- union

  #union(relation: UnionRelation): Stream {
    const collections: string[] = [];
    for (const input of relation.inputs) {
      const stream = this.plan(input);
      const items = relation.columns.map(({ field }) => ({ name: field, scalar: stream.fields.get(field)! }));
      const staged = this.stage(stream, items, input.span);
      const collection = isWindowed(input) ? inGlobalWindow(this, staged, input.span) : staged;
      // One collection twice is two: each row counts twice.
      collections.push(collections.includes(collection) ? this.#copy(collection, input.span) : collection);
    }
    const collection = this.step(
      "union",
      collections,
      { kind: "flatten" },
      { inputs: collections.length },
      relation.span,
    );
    return baseStream(collection, relation.columns);
  }
}

function typesOf(relation: Relation): { readonly [name: string]: string } {
  return Object.fromEntries(relation.columns.map((one) => [one.name, printType(one.type)]));
}

function collectColumns(scalar: Scalar, into: Set<string>): void {
  if (scalar.kind === "column") into.add(scalar.name);
  else if (scalar.kind === "call") for (const one of scalar.arguments) collectColumns(one, into);
  else if (scalar.kind === "logical" || scalar.kind === "coalesce")
    for (const one of scalar.operands) collectColumns(one, into);
  else if (scalar.kind === "case") {
    for (const { condition, result } of scalar.branches) {
      collectColumns(condition, into);
      collectColumns(result, into);
    }
    collectColumns(scalar.otherwise, into);
  }
}

function timeType(relation: AggregateRelation): LogicalType {
  return relation.window.columns.find((one) => one.windowPart?.part === "time")?.type ?? timestampType(3);
}

/** A bound of a window as the value of its column. */
function boundReader(
  relation: WindowRelation,
  part: WindowPart,
  time: LogicalType,
): (window: Window) => SqlValue {
  const bounds = localBounds(relation.spec);
  if (part === "start") return (window) => new LocalTimestamp(bounds(window).start);
  if (part === "end") return (window) => new LocalTimestamp(bounds(window).end);
  return time.kind === "TIMESTAMP_LTZ"
    ? (window) => new Instant(window.end - 1)
    : (window) => new LocalTimestamp(window.end - 1);
}

/** A bound of TUMBLE's window, worked out from the row's time. */
function boundScalar(relation: WindowRelation, part: WindowPart, type: LogicalType, time: Scalar): Scalar {
  const { spec } = relation;
  const name = `window_${part}`;
  const print = (): string => name;
  if (spec.kind !== "TUMBLE")
    return {
      kind: "call",
      type,
      implementation: { ...boundMarker(name), print },
      arguments: [time],
      span: relation.span,
    };
  const clock = zoneClock(spec.zone ?? "UTC");
  const work = (value: LocalTimestamp | Instant): SqlValue => {
    const start = tumbleStart(spec, clock.toLocal(value.epochMillis));
    if (part === "start") return new LocalTimestamp(start);
    if (part === "end") return new LocalTimestamp(start + spec.sizeMs);
    const last = clock.toLastInstant(start + spec.sizeMs - 1);
    return type.kind === "TIMESTAMP_LTZ" ? new Instant(last) : new LocalTimestamp(last);
  };
  return {
    kind: "call",
    type,
    implementation: implementation(name, work, { print }),
    arguments: [time],
    span: relation.span,
  };
}
