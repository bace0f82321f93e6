/** When windows fire: each trigger alone and nested, as scripts of one key, and compared with the definitions. */
import test from "ava";
import { FixedWindows, SessionWindows, Trigger, type WindowingStrategy } from "@tributary/core";
import { brief, play, playReference, script, strategyOf } from "./grouping-script.js";

const FIXED: Partial<WindowingStrategy> = {
  windowFn: FixedWindows.of(10),
  accumulation: "discarding",
  allowedLatenessMs: 100,
  onTime: "if-non-empty",
};
const SESSIONS: Partial<WindowingStrategy> = { ...FIXED, windowFn: SessionWindows.of(10) };

/** A script and, by event, the panes that come of it; the last is the end of the stream. */
const fires = test.macro({
  async exec(t, trigger: Trigger, text: string, expected: string, base: Partial<WindowingStrategy> = FIXED) {
    const strategy = strategyOf({ ...base, trigger });

    const played = await play(strategy, script(text));

    t.is(brief(played), expected);
    t.deepEqual(playReference(strategy, script(text)), played);
  },
  title: (title = "", _trigger: Trigger, text: string) => `${title}: ${text}`,
});

// --- alone ------------------------------------------------------------------------------------------------------------

test(
  "the default trigger fires at the end and for every later batch",
  fires,
  Trigger.default(),
  "1 2 | w9 | w10 | 3 | 4 5 | w110",
  "| | on-time 0: 1 2 | late 1: 3 | late 2: 4 5 | |",
);
test(
  "the end of the window closes it where nothing follows",
  fires,
  Trigger.afterEndOfWindow(),
  "1 | w9 | w10 | 3 | w200",
  "| | on-time 0: 1. | | |",
);
test(
  "early firings repeat; the end finishes",
  fires,
  Trigger.afterEndOfWindow({ early: Trigger.afterCount(2) }),
  "1 | 2 | 3 | 4 5 6 | 7 | w10 | 3",
  "| early 0: 1 2 | | early 1: 3 4 5 6 | | on-time 2: 7. | |",
);
test(
  "late firings repeat and never finish",
  fires,
  Trigger.afterEndOfWindow({ late: Trigger.afterCount(2) }),
  "1 | w10 | 2 | 3 | 4 | 5 | 6 | w300",
  "| on-time 0: 1 | | late 1: 2 3 | | late 2: 4 5 | | late 3: 6. |",
);
test(
  "early and late firings each count their own",
  fires,
  Trigger.afterEndOfWindow({ early: Trigger.afterCount(2), late: Trigger.afterCount(2) }),
  "1 | w10 | 2 | 3 | w200",
  "| on-time 0: 1 | | late 1: 2 3 | |",
);
test(
  "a count closes the window once it is reached",
  fires,
  Trigger.afterCount(2),
  "1 | 2 3 | 4 | w10 | w200",
  "| early 0: 1 2 3. | | | |",
);
test(
  "what a count did not reach comes at expiry",
  fires,
  Trigger.afterCount(3),
  "1 | w10 | 2 | w109 | w110",
  "| | | | on-time 0: 1 2. |",
);
test(
  "a delay fires once the clock is beyond it, counted from the first element",
  fires,
  Trigger.afterProcessingTime(5),
  "1 | p3 | 2 | p2 | p1 | 3",
  "| | | | early 0: 1 2. | |",
);
test(
  "a delay is rounded up to a multiple",
  fires,
  Trigger.repeat(Trigger.afterProcessingTime(5, { alignToMs: 10 })),
  "p1 | 1 | p9 | p1 | 2 | p9 | p10",
  "| | | early 0: 1 | | | early 1: 2 |",
);
test(
  "a delay that has not passed at the end of the stream gives what is left at expiry",
  fires,
  Trigger.repeat(Trigger.afterProcessingTime(1_000)),
  "1 | p10 | w10 | w110 | p2000",
  "| | | on-time 0: 1. | |",
);
test(
  "never: all comes at expiry",
  fires,
  Trigger.never(),
  "1 | w10 | 2 | p100 | w109 | w110",
  "| | | | | on-time 0: 1 2. |",
);
test(
  "never: what came late alone is a late pane",
  fires,
  Trigger.never(),
  "w20 | 1 2 | w110",
  "| | late 0: 1 2. |",
);
test(
  "always: every batch is a pane",
  fires,
  Trigger.always(),
  "1 | 2 3 | w10 | 4 | w200",
  "early 0: 1 | early 1: 2 3 | | late 2: 4 | |",
);
test(
  "synchronized processing time fires when the steps before are done",
  fires,
  Trigger.repeat({ kind: "after-synchronized-processing-time" }),
  "1 | 2 3 | w10 | w200",
  "early 0: 1 | early 1: 2 3 | | |",
);

// --- nested -----------------------------------------------------------------------------------------------------------

test(
  "a repeated count begins anew with what comes after it fired",
  fires,
  Trigger.repeat(Trigger.afterCount(2)),
  "1 | 2 3 | 4 | 5 | w10 | w110",
  "| early 0: 1 2 3 | | early 1: 4 5 | | |",
);
test(
  "a repeated delay counts from the first element after it fired",
  fires,
  Trigger.repeat(Trigger.afterProcessingTime(5)),
  "1 | p6 | p6 | 2 | p5 | p1",
  "| early 0: 1 | | | | early 1: 2 |",
);
test(
  "the first of several: whatever is ready ends all",
  fires,
  Trigger.afterFirst(Trigger.afterCount(3), Trigger.afterProcessingTime(5)),
  "1 | p6 | 2 3 4",
  "| early 0: 1. | |",
);
test(
  "the first of several, repeated, starts all of them anew",
  fires,
  Trigger.repeat(Trigger.afterFirst(Trigger.afterCount(3), Trigger.afterProcessingTime(5))),
  "1 2 | p6 | 3 | 4 5 | p6 | 6 | p6",
  "| early 0: 1 2 | | early 1: 3 4 5 | | | early 2: 6 |",
);
test(
  "all of several: the last one decides",
  fires,
  Trigger.afterAll(Trigger.afterCount(2), Trigger.afterProcessingTime(5)),
  "1 | p6 | 2 | 3",
  "| | early 0: 1 2. | |",
);
test(
  "all of several where the clock is the last",
  fires,
  Trigger.repeat(Trigger.afterAll(Trigger.afterCount(2), Trigger.afterProcessingTime(5))),
  "1 2 3 | p6 | 4 | p6 | 5",
  "| early 0: 1 2 3 | | | early 1: 4 5 |",
);
test(
  "one after the other: each begins when the one before has finished",
  fires,
  Trigger.afterEach(Trigger.afterCount(2), Trigger.afterCount(3)),
  "1 2 3 | 4 5 | 6 | 7 | w10",
  "early 0: 1 2 3 | | early 1: 4 5 6. | | |",
);
test(
  "the end of the window, then every element",
  fires,
  Trigger.afterEach(Trigger.afterEndOfWindow(), Trigger.repeat(Trigger.afterCount(1))),
  "1 2 | w10 | 3 | 4 | w200",
  "| on-time 0: 1 2 | late 1: 3 | late 2: 4 | |",
);
test(
  "until counts everything, over the firings of the main trigger",
  fires,
  Trigger.orFinally(Trigger.repeat(Trigger.afterCount(2)), Trigger.afterCount(5)),
  "1 2 | 3 4 | 5 | 6",
  "early 0: 1 2 | early 1: 3 4 | early 2: 5. | |",
);
test(
  "main alone may finish it",
  fires,
  Trigger.orFinally(Trigger.afterCount(2), Trigger.afterEndOfWindow()),
  "1 2 | 3 | w10",
  "early 0: 1 2. | | |",
);
test(
  "until the end of the window",
  fires,
  Trigger.orFinally(Trigger.repeat(Trigger.afterCount(2)), Trigger.afterEndOfWindow()),
  "1 2 | 3 | w10 | 4",
  "early 0: 1 2 | | on-time 1: 3. | |",
);
test(
  "early by count or delay, late by count",
  fires,
  Trigger.afterEndOfWindow({
    early: Trigger.afterFirst(Trigger.afterCount(3), Trigger.afterProcessingTime(5)),
    late: Trigger.afterCount(1),
  }),
  "1 | p6 | 2 3 4 | 5 | w10 | 6 | w200",
  "| early 0: 1 | early 1: 2 3 4 | | on-time 2: 5 | late 3: 6 | |",
);

// --- merging windows --------------------------------------------------------------------------------------------------

test(
  "counts of windows that become one add up",
  fires,
  Trigger.repeat(Trigger.afterCount(3)),
  "1 | 15 | 8",
  "| | early 0: 1 2 3 |",
  SESSIONS,
);
test(
  "windows that become one have the earliest of their deadlines",
  fires,
  Trigger.repeat(Trigger.afterProcessingTime(10)),
  "1 | p5 | 15 | p1 | 8 | p4 | p1",
  "| | | | | | early 0: 1 2 3 |",
  SESSIONS,
);
test(
  "a session that a late element stretches past the watermark waits for its new end",
  fires,
  Trigger.afterEndOfWindow({ late: Trigger.afterCount(1) }),
  "1 | w12 | 9 | w18 | w19",
  "| on-time 0: 1 | | | on-time 0: 2 |",
  SESSIONS,
);
test(
  "a late element inside a session that is over leaves it in its late phase",
  fires,
  Trigger.afterEndOfWindow({ late: Trigger.afterCount(2) }),
  "1 8 | w20 | 3 | 4",
  "| on-time 0: 1 2 | | late 1: 3 4 |",
  SESSIONS,
);
test(
  "a late element that stretches a session to an end that is over leaves it in its late phase, numbered from 0",
  fires,
  Trigger.afterEndOfWindow({ late: Trigger.afterCount(1) }),
  "1 | w30 | 5",
  "| on-time 0: 1 | late 0: 2 |",
  SESSIONS,
);
test(
  "a window made by the same batch has no say in the phase of what it joins",
  fires,
  Trigger.afterEndOfWindow({ late: Trigger.afterCount(2) }),
  "1 8 | w30 | 2 17 | w200",
  "| on-time 0: 1 2 | late 0: 3 4 | |",
  SESSIONS,
);
test(
  "elements that wait for the late phase count for the early one when a merge leads back",
  fires,
  Trigger.afterEndOfWindow({ early: Trigger.afterCount(3), late: Trigger.afterCount(5) }),
  "1 | w12 | 2 3 | 9 | w19",
  "| on-time 0: 1 | | early 0: 2 3 4 | on-time 1: |",
  { ...SESSIONS, onTime: "always" },
);
test(
  "one after the other leads back to the end of the window",
  fires,
  Trigger.afterEach(Trigger.afterEndOfWindow(), Trigger.repeat(Trigger.afterCount(1))),
  "1 | w12 | 9 | w19 | 3",
  "| on-time 0: 1 | | on-time 0: 2 | late 1: 3 |",
  SESSIONS,
);
test(
  "a closed session takes no more elements, and one beside it begins anew",
  fires,
  Trigger.afterCount(2),
  "1 1 | 1 | 5 | 7 | w200",
  "early 0: 1 2. | | | early 0: 4 5. | |",
  SESSIONS,
);
