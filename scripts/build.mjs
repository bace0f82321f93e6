// `npm run build`: installs what is missing and compiles all packages and tests.
import { prepare } from "./prepare.mjs";

await prepare();
