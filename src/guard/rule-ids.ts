// The names of all rules: what a policy may change the answer of.
import { CODE_RULES, STRICT } from './rules/code.ts'
import { DATABASE_JUDGED, DATABASE_RULES } from './rules/database.ts'
import { DEBUG_RULES } from './rules/debug.ts'
import { GIT_PROTECTED, GIT_RULES } from './rules/git.ts'
import { HOST_RULES } from './rules/host.ts'
import { INFRA_RULES, REVEAL_RULES } from './rules/infra.ts'
import { MUTATE, NETWORK_RULES, SEND } from './rules/network.ts'
import { PLACE_RULES } from './rules/places.ts'
import { SELF_RULES } from './rules/self.ts'
import { SERVICE_DECLARED, SERVICE_RULES } from './rules/services.ts'
import { UNIT_RULE } from './rules/units.ts'

const TABLES = [
  CODE_RULES,
  DATABASE_RULES,
  DEBUG_RULES,
  DATABASE_JUDGED,
  GIT_RULES,
  HOST_RULES,
  INFRA_RULES,
  REVEAL_RULES,
  NETWORK_RULES,
  SELF_RULES,
  SERVICE_RULES,
  SERVICE_DECLARED,
  GIT_PROTECTED,
]

/** Rules that look at more than the verb. `protect.*` are the policy's own rows and are changed there. */
const OTHERS = [...PLACE_RULES, MUTATE, SEND, STRICT, UNIT_RULE].map(({ rule }) => rule)

export const RULE_IDS: ReadonlySet<string> = new Set([
  ...TABLES.flatMap((table) => Object.values(table).map(({ rule }) => rule)),
  ...OTHERS,
  'exec.unknown',
])

export const isGuardRule = (name: string): boolean => RULE_IDS.has(name)
