import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { classShapeFault, withArticle } from "./class-contract.js";
import type { NamedClass } from "./class-contract.js";
import { moduleLabel } from "./module.js";
import type { Module } from "./module.js";

/** Not to be mistaken for a file of the script's, `./file.mjs#Export`. */
const CLASS_NAME = /^[^\s#./][^\s#]*$/;

/** What is wrong with a class that a module binds by name; empty for a sound one. */
export function checkClass(named: NamedClass, module: Module): readonly Diagnostic[] {
  const subject = `The class '${String(named.name)}' of the module ${moduleLabel(module)}`;
  const fault = (message: string, hint: string): Diagnostic => ({
    severity: "error",
    code: "FACTORY_INVALID",
    message: `${subject} ${message}.`,
    hint,
  });
  const faults: Diagnostic[] = [];
  if (typeof named.name !== "string" || !CLASS_NAME.test(named.name)) {
    faults.push(
      fault(
        "has a name that no option can give",
        "A name is not empty, holds no blank and no '#', and does not begin with '.' or '/'; 'org.mycompany.MyPartitioner' is one.",
      ),
    );
  }
  if (typeof named.contract?.name !== "string" || !Array.isArray(named.contract.methods)) {
    return [
      ...faults,
      fault("is bound without a contract", "Bind it with bindClass(CONTRACT, TheClass) of @tributary/core."),
    ];
  }
  const shape = classShapeFault(named.contract, named.type);
  if (shape !== undefined) {
    const methods = named.contract.methods.map((method) => `'${method}'`).join(" and ");
    faults.push(
      fault(
        `is bound as ${withArticle(named.contract)} and ${shape}`,
        `Bind a class whose prototype has ${methods}: a method, not a field that holds a function.`,
      ),
    );
  }
  return faults;
}
