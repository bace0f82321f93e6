import test from "ava";
import fc from "fast-check";
import { OffsetRangeTracker, TributaryError, offsetRanges, type } from "@tributary/core";
import { TestPipeline } from "@tributary/core/testing";

test("a splittable function gives every position once, however often it is stopped", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }),
      async (outputs, sizes) => {
        const pipeline = new TestPipeline();
        const out = pipeline.create("sizes", sizes).splittable("count", {
          output: type<number>(),
          restriction: offsetRanges((size: number) => ({ from: 0n, to: BigInt(size) })),
          checkpointAfter: { outputs },
          process(_size, { tracker, emit }) {
            for (let at = tracker.restriction.from; tracker.tryClaim(at); at++) emit(Number(at));
          },
        });
        pipeline
          .assert("out", out)
          .containsInAnyOrder(sizes.flatMap((size) => Array.from({ length: size }, (_, i) => i)));
        await pipeline.run();
      },
    ),
    { numRuns: 30 },
  );
  t.pass();
});

test("an offset tracker refuses positions that do not go up", (t) => {
  const tracker = new OffsetRangeTracker({ from: 10n, to: 20n });
  t.true(tracker.tryClaim(10n));
  const error = t.throws(() => tracker.tryClaim(10n));
  t.true(TributaryError.is(error, "RESTRICTION_INVALID"));
});
