// The installation as a whole: its rules, how it stands, its agents; and what its owner does beside the gate.
import { CARES, READS, RULES } from '../grants.ts'
import type { Grant, Operations } from '../operation.ts'

export const INSTALLATION_OPERATIONS = {
  guardResume: {
    method: 'post',
    path: '/guard/resume',
    body: 'gate.resumeRequest',
    output: 'gate.resumed',
    answer: 'The agent of this account goes on.',
    // After repeated refusals an agent waits for a person, whoever that is in the house; no agent lets itself or another go on.
    permission: { 'agent.resume': CARES },
    keyed: true,
  },
  policy: {
    method: 'get',
    path: '/policy',
    output: 'gate.policyView',
    answer: 'The rules in force.',
    permission: { 'policy.read': READS },
  },
  status: {
    method: 'get',
    path: '/status',
    output: 'gate.status',
    answer: 'What waits for whom, what runs, what is uncertain.',
    permission: { 'status.read': READS },
  },
  doctor: {
    method: 'get',
    path: '/doctor',
    output: 'gate.doctor',
    answer: 'Facts as the gate sees them.',
    permission: ['status.read'],
  },
  events: {
    method: 'get',
    path: '/events',
    output: { events: 'gate.event' },
    answer: 'Server-sent events of all.',
    permission: ['status.read'],
  },
} as const satisfies Operations

/** What has no route: the owner does it in the file of the rules, or at the runner's own door. */
export const BESIDE_THE_GATE = {
  'config.apply': RULES,
  'person.edit': RULES,
  'key.edit': RULES,
  'agent.edit': RULES,
  'secret.put': { roles: ['operator', 'owner'], agent: 'never', timer: false },
  'clock.accept': RULES,
} as const satisfies Readonly<Record<string, Grant>>
