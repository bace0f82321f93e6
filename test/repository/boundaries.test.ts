import test from "ava";

import { filesBelow, packageFolders, read } from "./checkout.js";
import { allImports, importsOf, packageOf, roomOf, targetOf, type Import } from "./imports.js";

/** Packages of ours that a package's sources may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  formats: ["core"],
  "io-basic": ["core"],
  "io-kinesis": ["core"],
  "kinesis-emulator": [],
  sql: ["core"],
  "store-s3": ["core"],
  cli: ["core", "formats", "io-basic", "io-kinesis", "kinesis-emulator", "sql"],
};

/** Packages of others that a package's sources may import, beside Node's own modules and tslib. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  core: ["inversify", "reflect-metadata", "class-validator", "@opentelemetry/api", "yaml"],
  formats: ["avsc", "@aws-sdk/credential-provider-node"],
  "io-basic": [],
  "io-kinesis": ["@aws-sdk/", "@smithy/", "inversify", "class-validator"],
  "kinesis-emulator": [],
  sql: ["chevrotain"],
  "store-s3": ["@aws-sdk/client-s3", "@smithy/node-http-handler"],
  cli: ["esbuild-wasm"],
};

/** Validators are the option kit's language: any package with options speaks it. */
const OPTION_LANGUAGE = ["class-validator", "reflect-metadata", "inversify"];

function forbiddenImports(imports: readonly Import[]): readonly string[] {
  return imports
    .filter(({ file, specifier }) => {
      if (specifier.startsWith(".") || specifier.startsWith("node:") || specifier === "tslib") return false;
      const own = packageOf(file);
      if (specifier.startsWith("@tributary/")) {
        const [, name = "", ...path] = specifier.split("/");
        const isEntry = path.length === 0 || (path.length === 1 && path[0] === "testing");
        return !isEntry || !(MAY_IMPORT[own] ?? []).includes(name);
      }
      const allowed = [...(MAY_USE[own] ?? []), ...(own === "core" ? [] : OPTION_LANGUAGE)];
      return !allowed.some(
        (one) => specifier === one || specifier.startsWith(one.endsWith("/") ? one : `${one}/`),
      );
    })
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
}

/** Rooms that must stay free of others, whatever the package rule says. */
function forbiddenRooms(imports: readonly Import[]): readonly string[] {
  return imports
    .filter((one) => {
      const room = roomOf(one.file);
      const target = targetOf(one);
      const targetRoom = target === undefined ? "" : roomOf(target);
      if (["core/types", "core/connector"].includes(room)) {
        return (
          !one.specifier.startsWith(".") && !one.specifier.startsWith("node:") && one.specifier !== "tslib"
        );
      }
      // An optional peer, see docs/decisions: whoever has the SDK has its credentials.
      if (one.specifier === "@aws-sdk/credential-provider-node") {
        return room !== "io-kinesis/client" && room !== "formats/avro-glue";
      }
      if (/^@aws-sdk\/|^@smithy\//.test(one.specifier))
        return room !== "io-kinesis/client" && packageOf(one.file) !== "store-s3";
      if (room === "io-kinesis/streams") return targetRoom === "io-kinesis/legacy";
      if (room === "io-kinesis/legacy") return targetRoom === "io-kinesis/streams";
      return false;
    })
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
}

/** Relative imports that leave the package. */
function escapes(imports: readonly Import[]): readonly string[] {
  return imports
    .filter((one) => targetOf(one)?.startsWith(`packages/${packageOf(one.file)}/src/`) === false)
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
}

/** Cycles among files by imports that exist at run time, each as the files on it. */
function cycles(imports: readonly Import[]): readonly string[] {
  const edges = new Map<string, Set<string>>();
  for (const one of imports) {
    const target = one.isTypeOnly ? undefined : targetOf(one);
    if (target === undefined) continue;
    edges.set(one.file, (edges.get(one.file) ?? new Set()).add(target));
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return found;
}

function fixture(file: string, code: string): readonly Import[] {
  return importsOf(file, code);
}

test("packages import only what the architecture allows", (t) => {
  t.deepEqual(forbiddenImports(allImports()), []);
});

test("the rooms that plugins build on stay free of libraries, and one room talks to AWS", (t) => {
  t.deepEqual(forbiddenRooms(allImports()), []);
});

test("no file reaches into another package's folder", (t) => {
  t.deepEqual(escapes(allImports()), []);
});

test("no import cycle exists among files", (t) => {
  t.deepEqual(cycles(allImports()), []);
});

test("the architecture names every room of every package", (t) => {
  const rooms = packageFolders().flatMap((folder) =>
    [...new Set(filesBelow(`packages/${folder}/src`, ".ts").map(roomOf))].filter(
      (room) => !room.endsWith("/"),
    ),
  );
  const paper = read("docs/architecture.md");
  const isNamed = (room: string): boolean => {
    const [own = "", name = ""] = room.split("/");
    // A format, and a table of io-basic, has a room by its own name.
    const isByName = own === "formats" || own === "io-basic";
    const shown = own === "core" ? `\`${name}/\`` : `\`${own}/${name}/\``;
    return paper.includes(shown) || (isByName && name !== "text" && name !== "splits");
  };

  t.deepEqual(
    rooms.filter((room) => !isNamed(room)),
    [],
  );
});

test("the rules catch what they are meant to catch", (t) => {
  const bad = fixture("packages/core/src/runner/x.ts", 'import { a } from "@tributary/formats";');
  t.deepEqual(forbiddenImports(bad), ["packages/core/src/runner/x.ts imports @tributary/formats"]);
  const deep = fixture("packages/sql/src/x.ts", 'export { a } from "@tributary/core/dist/x.js";');
  t.is(forbiddenImports(deep).length, 1);
  const aws = fixture("packages/io-kinesis/src/streams/x.ts", 'import { A } from "@aws-sdk/client-kinesis";');
  t.is(forbiddenRooms(aws).length, 1);
  const validator = fixture("packages/core/src/types/x.ts", 'import { Min } from "class-validator";');
  t.is(forbiddenRooms(validator).length, 1);
  const escape = fixture("packages/sql/src/x.ts", 'import "../../core/src/index.js";');
  t.is(escapes(escape).length, 1);
  const circle = [
    ...fixture("packages/core/src/a.ts", 'import { b } from "./b.js";'),
    ...fixture("packages/core/src/b.ts", 'import { a } from "./a.js";'),
  ];
  t.deepEqual(cycles(circle), ["packages/core/src/a.ts -> packages/core/src/b.ts -> packages/core/src/a.ts"]);
});
