import test from "ava";

import { readDepartures } from "../../examples/dist/main-job/data-set.js";
import { airportTable, hourChart } from "../../examples/dist/main-job/report.js";
import { expectedWindows } from "../../examples/dist/main-job/results.js";
import { read } from "../repository/checkout.js";

test("the README shows what the main job prints of the data set", async (t) => {
  const windows = expectedWindows(await readDepartures());

  const shown = read("README.md");

  t.true(shown.includes(["", ...airportTable(windows), "", ...hourChart(windows), ""].join("\n")));
  t.true(shown.includes(`${windows.size.toLocaleString("en-US")} windows hold `));
});
