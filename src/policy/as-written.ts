// The compiled rules by the words of sekisho.yaml, with every default that holds. Each part that is compiled stands here: what is left out would change unseen.
import type { GuardPolicy } from '../guard/policy.ts'
import type {
  Agent,
  CompiledPolicy,
  Freeze,
  Person,
  PersonKey,
  Rules,
  TierRule,
  Window,
} from '../plans/policy.ts'
import { notifyAsWritten, ownChecksAsWritten } from './as-written-notify.ts'
import { serviceAsWritten } from './as-written-service.ts'
import {
  byName,
  byPlace,
  dayNames,
  ITSELF,
  showSize,
  timeOfDay,
  type WrittenMap,
} from './as-written-values.ts'
import { showDuration } from './values.ts'

export function asWritten(policy: CompiledPolicy, guard: GuardPolicy | undefined): WrittenMap {
  const { notify, checks, incidents, agents, rules } = policy
  // Where an agent works says nothing where none is declared and nobody wrote it.
  const hasAgentUser = agents.length > 0 || rules.agentUser !== 'shared'
  return {
    lang: policy.language,
    name: policy.name,
    zone: policy.zone,
    people: byName(policy.people, ({ id }) => id, person),
    agents: byName(agents, ({ id }) => id, agent),
    services: byName(
      policy.services,
      ({ name }) => name,
      (one) => serviceAsWritten(one, guard),
    ),
    policy: rulesAsWritten(rules, hasAgentUser),
    guard: guard === undefined ? undefined : guardAsWritten(guard),
    notify: notify === undefined ? undefined : notifyAsWritten(notify),
    checks: checks === undefined ? undefined : ownChecksAsWritten(checks),
    incidents:
      incidents === undefined
        ? undefined
        : {
            checks: incidents.checks,
            failed_changes: incidents.failedChanges,
            evidence: incidents.evidenceBytes === undefined ? undefined : showSize(incidents.evidenceBytes),
          },
  }
}

function person({ name, roles, services, keys, group }: Person): WrittenMap {
  return { [ITSELF]: 'person', name, roles, services, keys: keysAsWritten(keys), group }
}

function agent({ name, model, sponsor, paused, keys }: Agent): WrittenMap {
  return { [ITSELF]: 'agent', name, model, sponsor, paused, keys: keysAsWritten(keys ?? []) }
}

function keysAsWritten(keys: readonly PersonKey[]): WrittenMap {
  return byName(
    keys,
    ({ fingerprint }) => fingerprint,
    ({ public: line, class: of, revoked, demo }) => ({
      [ITSELF]: 'key',
      public: line,
      class: of,
      revoked,
      demo,
    }),
  )
}

function rulesAsWritten(rules: Rules, hasAgentUser: boolean): WrittenMap {
  const { alone } = rules
  return {
    level: rules.level,
    agent_user: hasAgentUser ? rules.agentUser : undefined,
    tiers: { 1: tier(rules.tier1), 2: tier(rules.tier2) },
    alone: alone === undefined ? undefined : { after: seconds(alone.afterSeconds), tiers: alone.tiers },
    one_concern: rules.oneConcern === true ? 'block' : 'show',
    standing: { per_hour: rules.standingPerHour },
    ...byPlace('windows', rules.windows, window),
    ...byPlace('freezes', rules.freezes, freeze),
    notification: rules.notification,
    keep: seconds(rules.keepSeconds),
    approval: seconds(rules.approvalSeconds),
    floor: showSize(rules.floorBytes),
  }
}

function tier({ approvals, roles, keys }: TierRule): WrittenMap {
  return { approvals, roles, keys }
}

function window({ services, days, fromMinute, untilMinute, zone }: Window): WrittenMap {
  return {
    services,
    days: dayNames(days),
    from: timeOfDay(fromMinute),
    until: timeOfDay(untilMinute),
    zone,
  }
}

function freeze({ services, from, until, reason, passes }: Freeze): WrittenMap {
  return { services, from, until, reason, passes }
}

/** What `guard:` says; the rest of what a guard reads follows from the services. */
function guardAsWritten({ rules, protect, branches, ask, pauseAfter, strict }: GuardPolicy): WrittenMap {
  return {
    rules,
    secrets: protect.find(({ source }) => source === 'guard.secrets')?.paths,
    branches,
    ask,
    pause_after: pauseAfter,
    strict,
  }
}

function seconds(value: number): string {
  return showDuration(value * 1000)
}
