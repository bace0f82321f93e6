// Time to build a registry with 100 and with 1,000 factories, in alternating runs; the ratio says whether checking
// conflicts stays near linear.
import { createRegistry, defineModule } from "@tributary/core";

const RUNS = 15;
const PER_MODULE = 10;

class NoOptions {}

function modules(factories) {
  return Array.from({ length: factories / PER_MODULE }, (_, at) =>
    defineModule({
      name: `module-${at}`,
      version: "1.0.0",
      file: import.meta.url,
      factories: Array.from({ length: PER_MODULE }, (_, index) => {
        const identifier = `connector-${at}-${index}`;
        return class BenchSourceFactory {
          role = "source";
          identifier = identifier;
          provides = "Source";
          options = NoOptions;
          format = "none";
          metadata = [];
          create() {
            throw new Error("not made here");
          }
        };
      }),
    }),
  );
}

function milliseconds(all) {
  const begin = process.hrtime.bigint();
  createRegistry(all);
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const [small, large] = [modules(100), modules(1000)];
for (let warm = 0; warm < 5; warm++) {
  milliseconds(small);
  milliseconds(large);
}
const times = { small: [], large: [] };
for (let run = 0; run < RUNS; run++) {
  times.small.push(milliseconds(small));
  times.large.push(milliseconds(large));
}
const [hundred, thousand] = [median(times.small), median(times.large)];
console.log(`100 factories   ${hundred.toFixed(2)} ms`);
console.log(`1,000 factories ${thousand.toFixed(2)} ms`);
console.log(`ratio           ${(thousand / hundred).toFixed(1)} (10 is linear; more than 15 is too much)`);
