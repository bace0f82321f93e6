import type { Diagnostic } from "@tributary/core";

import { commandInvalid } from "./command-invalid.js";
import type { Invocation } from "./command.js";

const PORT_MAX = 65_535;

/** The port that an option names; undefined when it is absent or no port, which is then among the faults. */
export function portOption(name: string, { value }: Invocation, faults: Diagnostic[]): number | undefined {
  const text = value(name);
  if (text === undefined) return undefined;
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= PORT_MAX) return Number(text);
  const hint = `a number from 0 to ${PORT_MAX}; 0 takes a free one`;
  faults.push(commandInvalid(`--${name} '${text}' is not a port`, { hint }));
  return undefined;
}
