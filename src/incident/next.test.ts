import { expect, test } from 'vitest'
import { type ActorId, changeId, incidentId, type ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Incident } from './incident.ts'
import { type NextFacts, nextAction, type RecoveryState } from './next.ts'

const NOW = '2026-12-01T03:00:00.000Z' as Instant
const CHANGE = changeId(2026, 3)
const incident = (more: Partial<Incident> = {}): Incident => ({
  id: incidentId(2026, 1),
  level: 1,
  state: 'containing',
  service: 'mirai' as ServiceName,
  host: 'web1',
  openedAt: NOW,
  openedBy: 'ops1' as ActorId,
  because: 'down',
  roles: {},
  evidence: [],
  suspects: [],
  recoveries: [],
  notes: [],
  told: [],
  ...more,
})
const facts = (more: Partial<NextFacts> = {}): NextFacts => ({
  now: NOW,
  recoveries: [],
  restartable: true,
  suspects: [],
  isolationSigned: true,
  soakedAt: NOW,
  ...more,
})
const recovery = (more: Partial<RecoveryState> = {}): RecoveryState => ({
  change: CHANGE,
  what: 'restart',
  state: 'executing',
  end: 'open',
  approved: 'standing',
  failed: false,
  ...more,
})
const BEFORE = '2026-12-01T02:00:00.000Z' as Instant
const set = (name: string, at: Instant) => ({
  incident: incidentId(2026, 1),
  set: name,
  items: [],
  gaps: [],
  milliseconds: 1,
  by: 'ops1',
  at,
})
const RELAPSE = { at: NOW, level1: 1, after: 0, recoveries: 1 }
const causes = { causes: [], notLooked: [], clear: [] }

test.each<readonly [string, Partial<Incident>, Partial<NextFacts>, object]>([
  ['level 1, declared: evidence first', { state: 'declared' }, {}, { what: 'seal', kind: 'does' }],
  ['level 1, sealed: restart', {}, {}, { what: 'restart', kind: 'does' }],
  [
    'a restart that waits for people',
    { state: 'mitigating' },
    { recoveries: [recovery({ state: 'awaiting_approval' })] },
    { kind: 'type', type: `sekisho change approve ${CHANGE}` },
  ],
  [
    'a restart under way',
    { state: 'mitigating' },
    { recoveries: [recovery()] },
    { what: 'change_runs', kind: 'waits' },
  ],
  [
    'a restart that ended',
    { state: 'mitigating' },
    { recoveries: [recovery({ end: 'kept', state: 'closed' })] },
    { what: 'look', kind: 'does' },
  ],
  ['no restart is possible: causes, then the suspect', {}, { restartable: false }, { what: 'look' }],
  [
    'the suspect is taken back',
    { causes },
    { restartable: false, suspects: [{ change: CHANGE, outcome: 'kept' }] },
    { type: `sekisho change rollback ${CHANGE}` },
  ],
  [
    'a suspect whose earlier values nobody keeps is taken back by the line that can be done',
    { causes },
    {
      restartable: false,
      suspects: [
        {
          change: CHANGE,
          outcome: 'kept',
          back: { kind: 'values', options: '--env /srv/.env --set TOKEN=VALUE --unset NEW', keys: ['TOKEN'] },
        },
      ],
    },
    {
      type: `sekisho do config --service mirai --instruction "rollback ${CHANGE}" --env /srv/.env --set TOKEN=VALUE --unset NEW`,
    },
  ],
  [
    'a suspect that cannot be taken back is not offered',
    { causes },
    {
      restartable: false,
      suspects: [
        { change: changeId(2026, 4), outcome: 'kept', back: { kind: 'none' } },
        { change: CHANGE, outcome: 'kept' },
      ],
    },
    { type: `sekisho change rollback ${CHANGE}` },
  ],
  [
    'a restart that did not help is not ordered again',
    { state: 'mitigating', causes },
    { recoveries: [recovery({ failed: true, end: 'kept' })] },
    { what: 'recover_change', kind: 'type' },
  ],
  [
    'after a relapse: evidence first, once more',
    { state: 'mitigating', relapse: RELAPSE, evidence: [set('level1', BEFORE)] },
    { recoveries: [recovery({ failed: true, end: 'kept' })] },
    { what: 'seal', kind: 'does' },
  ],
  [
    'after a relapse, sealed: causes are looked for anew',
    { state: 'mitigating', relapse: RELAPSE, evidence: [set('level1', BEFORE), set('level1', NOW)] },
    { recoveries: [recovery({ failed: true, end: 'kept' })] },
    { what: 'look', kind: 'does' },
  ],
  [
    'after a relapse, no change is suspected: one more restart, which a person orders',
    {
      state: 'mitigating',
      causes,
      relapse: RELAPSE,
      evidence: [set('level1', BEFORE), set('level1', NOW)],
      recoveries: [{ change: CHANGE, what: 'restart', at: BEFORE, failed: true }],
    },
    { recoveries: [recovery({ failed: true, end: 'kept' })] },
    { what: 'restart', kind: 'does' },
  ],
  [
    'a second restart that did not help is not ordered a third time',
    {
      state: 'mitigating',
      causes,
      relapse: RELAPSE,
      evidence: [set('level1', BEFORE), set('level1', NOW)],
      recoveries: [
        { change: CHANGE, what: 'restart', at: BEFORE, failed: true },
        { change: CHANGE, what: 'restart', at: NOW, failed: true },
      ],
    },
    { recoveries: [recovery({ failed: true, end: 'kept' })] },
    { what: 'recover_change', kind: 'type' },
  ],
  [
    'level 2 carries the restore of the last known good',
    { level: 2 },
    { suspects: [{ change: CHANGE, outcome: 'kept' }] },
    { what: 'restore', type: 'sekisho restore full --last-known-good --service mirai' },
  ],
  [
    'level 3, declared: isolate',
    { level: 3, state: 'declared' },
    {},
    { what: 'isolate', type: 'sudo --preserve-env=SSH_CONNECTION sekisho incident isolate INC-2026-0001' },
  ],
  [
    'level 3, and nobody has signed that the host may be cut off: that first',
    { level: 3, state: 'declared' },
    { isolationSigned: false },
    { what: 'sign_isolation', type: 'sekisho standing sign mirai isolate' },
  ],
  [
    'level 3, cut off: the full capture',
    {
      level: 3,
      evidence: [set('volatile', NOW)],
      isolation: { event: 'kept', at: NOW },
      evidenceSkipped: { by: 'ops1' as ActorId, at: NOW, reason: 'now' },
    },
    {},
    { what: 'capture', type: 'sudo sekisho incident capture INC-2026-0001' },
  ],
  [
    'level 3, captured: the way back',
    {
      level: 3,
      state: 'mitigating',
      evidence: [set('volatile', NOW), set('capture', NOW)],
      isolation: { event: 'kept', at: NOW },
      evidenceSkipped: { by: 'ops1' as ActorId, at: NOW, reason: 'now' },
    },
    {},
    { what: 'reconnect', type: 'sekisho incident reconnect INC-2026-0001' },
  ],
  [
    'level 3, contained: an approved change is named',
    { level: 3, evidenceSkipped: { by: 'ops1' as ActorId, at: NOW, reason: 'now' } },
    { suspects: [{ change: CHANGE, outcome: 'kept' }] },
    { what: 'recover_change', type: 'sekisho incident recover INC-2026-0001 CHANGE' },
  ],
  [
    'watched: health has to stay green',
    { state: 'monitoring', recoveredAt: NOW },
    { soakedAt: '2026-12-01T03:10:00.000Z' as Instant },
    { what: 'soak', kind: 'waits' },
  ],
  ['watched long enough', { state: 'monitoring' }, {}, { what: 'close', kind: 'type' }],
  [
    'level 3, raised later: it is isolated first',
    { level: 3, state: 'mitigating' },
    {},
    { what: 'isolate', kind: 'type' },
  ],
  [
    'level 3, undone: it is isolated again',
    {
      level: 3,
      state: 'mitigating',
      evidenceSkipped: { by: 'ops1' as ActorId, at: NOW, reason: 'now' },
      isolation: { event: 'undone', at: NOW },
    },
    {},
    { what: 'isolate', kind: 'type' },
  ],
  ...(['recovering', 'monitoring', 'review_due'] as const).map(
    (state) =>
      [
        `${state}, and the host is still cut off`,
        { level: 3, state, isolation: { event: 'kept', at: NOW } },
        {},
        { what: 'reconnect', type: 'sekisho incident reconnect INC-2026-0001' },
      ] as const,
  ),
  [
    'a suspect that still runs is stopped',
    { causes },
    { restartable: false, suspects: [{ change: CHANGE, outcome: 'open' }] },
    { type: `sekisho change abort ${CHANGE}` },
  ],
  [
    'closed: its report is read',
    { state: 'closed' },
    {},
    { kind: 'over', type: 'sekisho incident report INC-2026-0001' },
  ],
])('%s', (_, more, given, expected) => {
  expect(nextAction(incident(more), facts(given))).toMatchObject(expected)
})
