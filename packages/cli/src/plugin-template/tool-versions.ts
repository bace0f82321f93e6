/** Versions of the tools that a new plugin is built and tested with; those that we use ourselves. */
export const TOOL_VERSIONS = {
  typescriptVersion: "7.0.2",
  avaVersion: "7.0.0",
  nodeTypesVersion: "20.19.25",
  validatorVersion: "0.15.1",
} as const;
