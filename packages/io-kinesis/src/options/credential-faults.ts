/** What a credential strategy lacks, for every strategy of a chain of roles. */
import { nearestFirst } from "@tributary/core";
import type { OptionFault } from "@tributary/core";

import { CREDENTIAL_PROVIDERS } from "../client/credential-settings.js";

const CREDENTIALS = "aws.credentials.";
/** Of a role that a role is assumed with: its settings, without those of the next one. */
const ROLE_SETTINGS = [
  "arn",
  "sessionName",
  "externalId",
  "provider",
  "provider.basic.accesskeyid",
  "provider.basic.secretkey",
  "provider.profile.path",
  "provider.profile.name",
  "provider.webIdentityToken.file",
  "provider.custom.class",
];
/** Below it stands the next role. */
const NEXT = "provider.role.";

/** A strategy's own settings, as far as one can be missing. */
interface StrategySettings {
  readonly provider: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly secretKey: string | undefined;
  readonly customClass: string | undefined;
}

/** All strategies of a table. */
export interface CredentialChain extends StrategySettings {
  readonly roleArn: string | undefined;
  readonly roleSessionName: string | undefined;
  /** What the role is assumed with. */
  readonly base: StrategySettings;
  /** The roles behind it, by keys below `aws.credentials.role.provider.role.`. */
  readonly chain: ReadonlyMap<string, string>;
}

interface Need {
  /** Key that names the strategy, and the strategy. */
  readonly because: string;
  readonly strategy: string;
  readonly key: string;
  readonly value: string | undefined;
}

export function credentialFaults(given: CredentialChain): readonly OptionFault[] {
  if (given.provider === undefined && (given.accessKeyId === undefined) !== (given.secretKey === undefined)) {
    return [halfPair(given.secretKey === undefined)];
  }
  const needs = [...needsOf(given, `${CREDENTIALS}provider`, CREDENTIALS)];
  if (given.provider === "ASSUME_ROLE") {
    const role = `${CREDENTIALS}role.`;
    needs.push(...roleNeeds(`${CREDENTIALS}provider`, role, given.roleArn, given.roleSessionName));
    needs.push(...needsOf(given.base, `${role}provider`, `${role}provider.`));
    if (given.base.provider === "ASSUME_ROLE") needs.push(...chainNeeds(given.chain, "", `${role}provider`));
  }
  return [...needs.flatMap(missing), ...unknownSettings(given.chain)];
}

/** @param key - that names the strategy; @param prefix - of its settings. */
function needsOf(given: StrategySettings, key: string, prefix: string): readonly Need[] {
  const { provider: strategy = "" } = given;
  const because = { because: key, strategy };
  if (strategy === "CUSTOM") return [{ ...because, key: `${prefix}custom.class`, value: given.customClass }];
  if (strategy !== "BASIC") return [];
  return [
    { ...because, key: `${prefix}basic.accesskeyid`, value: given.accessKeyId },
    { ...because, key: `${prefix}basic.secretkey`, value: given.secretKey },
  ];
}

function roleNeeds(
  because: string,
  prefix: string,
  arn: string | undefined,
  sessionName: string | undefined,
): readonly Need[] {
  const reason = { because, strategy: "ASSUME_ROLE" };
  return [
    { ...reason, key: `${prefix}arn`, value: arn },
    { ...reason, key: `${prefix}sessionName`, value: sessionName },
  ];
}

/** @param below - where in the chain the role's settings begin; @param because - key that names ASSUME_ROLE. */
function chainNeeds(chain: ReadonlyMap<string, string>, below: string, because: string): readonly Need[] {
  const prefix = `${because}.role.`;
  const get = (setting: string): string | undefined => chain.get(below + setting);
  const base: StrategySettings = {
    provider: get("provider"),
    accessKeyId: get("provider.basic.accesskeyid"),
    secretKey: get("provider.basic.secretkey"),
    customClass: get("provider.custom.class"),
  };
  return [
    ...roleNeeds(because, prefix, get("arn"), get("sessionName")),
    ...needsOf(base, `${prefix}provider`, `${prefix}provider.`),
    ...(base.provider === "ASSUME_ROLE" ? chainNeeds(chain, below + NEXT, `${prefix}provider`) : []),
  ];
}

function missing({ because, strategy, key, value }: Need): readonly OptionFault[] {
  if (value !== undefined) return [];
  return [
    {
      key,
      otherKeys: [because],
      code: "OPTION_MISSING",
      message: `Option '${key}' is missing: '${because}' = '${strategy}' needs it.`,
      hint: `Add '${key}', or choose another strategy.`,
    },
  ];
}

/** Settings of the roles behind the first that are none, and strategies that do not exist. */
function unknownSettings(chain: ReadonlyMap<string, string>): readonly OptionFault[] {
  return [...chain].flatMap(([setting, value]): readonly OptionFault[] => {
    const key = `${CREDENTIALS}role.provider.role.${setting}`;
    const own = setting.replace(/^(?:provider\.role\.)+/, "");
    if (own === "stsEndpoint") {
      return [
        {
          key,
          code: "OPTION_IGNORED",
          message: `Option '${key}' has no effect: all roles are assumed at '${CREDENTIALS}role.stsEndpoint'.`,
          hint: `Set '${CREDENTIALS}role.stsEndpoint'.`,
        },
      ];
    }
    if (!ROLE_SETTINGS.includes(own)) {
      return [
        {
          key,
          message: `There is no setting '${own}' of a role.`,
          candidates: nearestFirst(own, ROLE_SETTINGS),
        },
      ];
    }
    if (own !== "provider" || CREDENTIAL_PROVIDERS.some((provider) => provider === value)) return [];
    return [
      {
        key,
        message: `The value '${value}' of option '${key}' is no credential strategy.`,
        candidates: nearestFirst(value, CREDENTIAL_PROVIDERS),
      },
    ];
  });
}

/** One half of the pair chooses nothing: the SDK's default chain is asked, which the user will hardly expect. */
function halfPair(isIdGiven: boolean): OptionFault {
  const [given, lacking] = isIdGiven
    ? ["basic.accesskeyid", "basic.secretkey"]
    : ["basic.secretkey", "basic.accesskeyid"];
  return {
    key: `${CREDENTIALS}${given}`,
    code: "OPTION_IGNORED",
    message: `Option '${CREDENTIALS}${given}' has no effect without '${CREDENTIALS}${lacking}'.`,
    hint: "Give both, or neither.",
  };
}
