/**
 * Types from source to sink. What must not compile stands behind a directive that fails the build when it does; none of
 * these pipelines is run.
 */
import test from "ava";
import {
  Count,
  FixedWindows,
  Max,
  Mean,
  State,
  Sum,
  Timers,
  Top,
  Trigger,
  asList,
  asMap,
  asSingleton,
  kv,
  notNull,
  output,
  table,
  type,
  types,
  type FailedElement,
  type KV,
  type PCollection,
  type Pipeline,
  type Reified,
} from "@tributary/core";
import { CollectingSink, TestStream, type TestPipeline } from "@tributary/core/testing";

/** Holds when two types are the same, `readonly` aside. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for collections of exactly this type. */
function holds<T>(_collection: PCollection<T>): { as<U>(isSame: Same<T, U>): void } {
  return { as: () => {} };
}

interface Order {
  readonly id: number;
  readonly customer: string;
  readonly amount: number;
  readonly note: string | null;
}

const orders = (pipeline: Pipeline): PCollection<Order> => pipeline.create<Order>("orders", []);

/** Only compiled. */
const compiled = (build: (pipeline: TestPipeline) => void): void => void build;

const flights = table({
  name: "flights",
  columns: { origin: notNull(types.string()), delay: types.int(), time: notNull(types.timestampLtz(3)) },
  options: { connector: "memory" },
});
const report = table({
  name: "report",
  columns: { origin: notNull(types.string()), flights: notNull(types.bigint()) },
  options: { connector: "memory" },
});

test("types flow from a table through every step to a table", (t) => {
  compiled((pipeline) => {
    pipeline
      .readTable("flights", flights)
      .filter("late", ({ delay }) => delay !== null && delay > 0)
      .windowInto("hourly", FixedWindows.of(3_600_000))
      .groupBy("per origin", {
        by: ["origin"],
        aggregate: { count: Count.elements(), worst: Max.of(({ delay }) => delay) },
      })
      .map("row", ({ origin, count }) => ({ origin, flights: BigInt(count) }))
      .writeTable("report", report);

    const read = pipeline.readTable("again", flights);
    // @ts-expect-error the table has no such column
    read.map("wrong column", ({ destination }) => destination);
    // @ts-expect-error a delay may be null
    read.map("null", ({ delay }) => delay + 1);
    read.groupBy("wrong key", {
      // @ts-expect-error the table has no such column
      by: ["destination"],
      aggregate: { count: Count.elements() },
    });
    const rows = read.map("wrong row", ({ origin }) => ({ origin, flights: "many" }));
    // @ts-expect-error the report wants flights as BIGINT
    rows.writeTable("wrong table", report);
  });
  t.pass();
});

test("element-wise steps infer their outputs", (t) => {
  compiled((pipeline) => {
    const all = orders(pipeline);
    holds(all.map("id", ({ id }) => id)).as<number>(true);
    holds(all.map("async", async ({ id }) => String(id))).as<string>(true);
    holds(all.flatMap("words", ({ note }) => note?.split(" ") ?? [])).as<string>(true);
    holds(all.map("note", ({ note }) => note).filter("there", (note) => note !== null)).as<string>(true);
    holds(all.reify("shown")).as<Reified<Order>>(true);
    holds(all.withTimestamps("times", ({ id }) => id)).as<Order>(true);
    const [small, large] = all.partition("size", 2, ({ amount }) => (amount < 10 ? 0 : 1));
    holds(small).as<Order>(true);
    holds(large).as<Order>(true);
    const parts = all.partition("third", 2, () => 0);
    // @ts-expect-error there are two parts
    holds(parts[2]);
    // @ts-expect-error an order has no such field
    all.map("wrong field", ({ price }) => price);
    // @ts-expect-error a timestamp is a number
    all.withTimestamps("wrong time", ({ customer }) => customer);
    // @ts-expect-error an order is no number
    all.write("wrong sink", new CollectingSink<number>());
  });
  t.pass();
});

test("keyed steps infer keys and values, and want pairs", (t) => {
  compiled((pipeline) => {
    const all = orders(pipeline);
    const byCustomer = all.withKeys("customer", ({ customer }) => customer);
    holds(byCustomer).as<KV<string, Order>>(true);
    holds(byCustomer.groupByKey("group")).as<KV<string, readonly Order[]>>(true);
    holds(byCustomer.keys("keys")).as<string>(true);
    holds(byCustomer.values("values")).as<Order>(true);
    holds(byCustomer.swap("swap")).as<KV<Order, string>>(true);
    holds(byCustomer.mapValues("amounts", ({ amount }) => amount)).as<KV<string, number>>(true);
    holds(
      byCustomer.combineValues(
        "sum",
        Sum.of(({ amount }) => amount),
      ),
    ).as<KV<string, number>>(true);
    holds(
      byCustomer.combineValues(
        "top",
        Top.of(3, (a, b) => a.amount - b.amount),
      ),
    ).as<KV<string, readonly Order[]>>(true);
    holds(
      byCustomer.groupByKey("lists").combineGroupedValues(
        "mean",
        Mean.of(({ amount }) => amount),
      ),
    ).as<KV<string, number>>(true);
    holds(byCustomer.latestPerKey("latest")).as<KV<string, Order>>(true);
    holds(byCustomer.groupIntoBatches("batches", { size: 10 })).as<KV<string, readonly Order[]>>(true);
    holds(all.combineGlobally("count", Count.elements())).as<number>(true);
    holds(all.latestGlobally("last")).as<Order | null>(true);
    holds(
      all.combinePerKey("amounts", {
        key: ({ customer }) => customer,
        combine: Sum.of(({ amount }) => amount),
      }),
    ).as<KV<string, number>>(true);
    holds(
      all.combinePerKey("texts", {
        key: ({ customer }) => customer,
        combine: Sum.of(({ amount }) => amount),
        output: (key, sum, { start }) => `${key.length} ${sum.toFixed(2)} ${start}`,
      }),
    ).as<string>(true);
    holds(all.distinct("customers", { by: ({ customer }) => customer })).as<Order>(true);
    // @ts-expect-error orders are no pairs
    all.groupByKey("no pairs");
    // @ts-expect-error orders are no pairs
    all.combineValues("no pairs to fold", Count.elements());
    byCustomer.combineValues(
      "wrong field",
      // @ts-expect-error orders have no such field
      Sum.of(({ price }) => price),
    );
    // @ts-expect-error a customer is no number
    Sum.of<Order>(({ customer }) => customer);
    // @ts-expect-error batches are of pairs
    all.groupIntoBatches("no batches", { size: 10 });
    // @ts-expect-error a batch has a size
    byCustomer.groupIntoBatches("no size", {});
  });
  t.pass();
});

test("joins know the values of each input by its tag", (t) => {
  compiled((pipeline) => {
    const left = pipeline.create("left", [kv("a", 1)]);
    const right = pipeline.create("right", [kv("a", true)]);
    const joined = pipeline.coGroupByKey("join", { left, right });
    holds(joined.map("left", ({ value }) => value.left)).as<readonly number[]>(true);
    holds(joined.map("right", ({ value }) => value.right)).as<readonly boolean[]>(true);
    holds(joined.keys("keys")).as<string>(true);
    // @ts-expect-error no input has this tag
    joined.map("missing tag", ({ value }) => value.middle);
    // @ts-expect-error inputs are pairs
    pipeline.coGroupByKey("no pairs", { left, orders: orders(pipeline) });
  });
  t.pass();
});

test("functions infer outputs, tags, state, timers and side inputs from what they declare", (t) => {
  compiled((pipeline) => {
    const all = orders(pipeline);
    const rates = pipeline.create("rates", [kv("EUR", 1.1)]);
    const { main, large } = all.parDo("split", {
      output: type<string>(),
      outputs: { large: output<Order>() },
      sideInputs: { rates: asMap(rates), limit: asSingleton(pipeline.create("limit", [100])) },
      process(order, { side, emit, emitTo }) {
        const rate: number | undefined = side.rates.get("EUR");
        if (order.amount * (rate ?? 1) > side.limit) emitTo("large", order);
        else emit(order.customer);
        // @ts-expect-error the main output is text
        emit(order.amount);
        // @ts-expect-error no such tag
        emitTo("small", order);
        // @ts-expect-error this tag takes orders
        emitTo("large", order.id);
        // @ts-expect-error no such side input
        void side.prices;
        // @ts-expect-error a map is no list
        void side.rates.length;
      },
    });
    holds(main).as<string>(true);
    holds(large).as<Order>(true);
    // @ts-expect-error no such output
    void all.parDo("tags", { outputs: { a: output<number>() }, process() {} }).b;
    holds(
      all.parDo("stateful", {
        output: type<number>(),
        key: ({ customer }) => customer,
        state: { sum: State.value<number>(), seen: State.set<string>() },
        timers: { flush: Timers.eventTime() },
        process({ amount, customer }, { state, timers, key, timestamp }) {
          const name: string = key;
          state.sum.write((state.sum.read() ?? 0) + amount + name.length);
          timers.flush.set(timestamp + 10);
          state.seen.add(customer);
          // @ts-expect-error a sum is a number
          state.sum.write(customer);
          // @ts-expect-error no such state
          void state.total;
          // @ts-expect-error no such timer
          timers.later.set(1);
        },
        onTimer(timer, { state, emit }) {
          if (timer === "flush") emit(state.sum.read() ?? 0);
        },
      }),
    ).as<number>(true);
    // @ts-expect-error a map view is made of pairs
    asMap(all);
    holds(
      all.parDo("list", {
        output: type<number>(),
        sideInputs: { rates: asList(rates) },
        process: (_order, { side, emit }) => emit(side.rates.length),
      }),
    ).as<number>(true);
  });
  t.pass();
});

test("failures keep the type of what failed", (t) => {
  compiled((pipeline) => {
    const { main, failed } = orders(pipeline).mapCatching(
      "parse",
      ({ note }) => JSON.parse(note ?? "null") as boolean,
    );
    holds(main).as<boolean>(true);
    holds(failed).as<FailedElement<Order>>(true);
    const answers = orders(pipeline).requestResponse("ask", { call: async ({ id }) => `${id}` });
    holds(answers.main).as<string>(true);
    holds(answers.failed).as<FailedElement<Order>>(true);
    const work = orders(pipeline).parDoCatching("work", {
      output: type<string>(),
      outputs: { odd: output<number>() },
      process(order, { emit, emitTo }) {
        emitTo("odd", order.id);
        emit(`${order.id}`);
      },
    });
    holds(work.main).as<string>(true);
    holds(work.odd).as<number>(true);
    holds(work.failed).as<FailedElement<Order>>(true);
    orders(pipeline).parDoCatching("kept", {
      output: type<string>(),
      // @ts-expect-error what a failed element wrote to state could not be undone
      state: { seen: State.value<boolean>() },
      process: () => {},
    });
    // @ts-expect-error a call takes an order
    orders(pipeline).requestResponse("wrong call", { call: async (id: number) => id });
  });
  t.pass();
});

test("triggers, streams and assertions are typed", (t) => {
  compiled((pipeline) => {
    const numbers = pipeline.play("numbers", new TestStream<number>().at(1, 2).add(3));
    holds(numbers).as<number>(true);
    // @ts-expect-error a stream of numbers takes no text
    new TestStream<number>().add("text");
    // @ts-expect-error a window has an end
    pipeline.assert("window", numbers).inWindow({ start: 0 });
    // @ts-expect-error numbers are asserted with numbers
    pipeline.assert("values", numbers).containsInAnyOrder(["1"]);
    // @ts-expect-error there is no such mode
    numbers.windowInto("mode", { accumulation: "retracting" });
    // @ts-expect-error a count is a number
    Trigger.afterCount("3");
    // @ts-expect-error the inputs of a union have one type
    pipeline.flatten<number>("union", [numbers, numbers.map("text", String)]);
  });
  t.pass();
});
