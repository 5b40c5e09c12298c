// What changes data: what the plan must assert, what the runner must have written down itself, and the moment from which it is too old.
import { describe, expect, test } from 'vitest'
import {
  envelopeOf,
  fileChange,
  NOW,
  planOf,
  policyOf,
  sceneOf,
  trialOf,
} from '../../../tests/runner-fixtures/scene.ts'
import { BACKUP_LIMIT_MS } from '../../backup/backed-up.ts'
import type { BackupId, KnownCopy } from '../../backup/level.ts'
import type { DataDirectory } from '../../backup/set.ts'
import { asThere, atHand } from '../../backup/there.ts'
import { sha256 } from '../../base/hash.ts'
import { after } from '../../base/time.ts'
import type { Assertion, Plan } from '../../plans/plan.ts'
import type { CompiledPolicy } from '../../plans/policy.ts'
import { planConfig } from '../../playbook/config.ts'
import { evidenceDigest, type TrialCheck } from '../../seal/journal.ts'
import { validUntil } from '../verbs/try.ts'
import { backupCheck, backupFault } from './backup-check.ts'
import { judge } from './judge.ts'

const BACKED_UP: Assertion = { kind: 'backup', level: 'content' }
function copyOf(over: Partial<KnownCopy> = {}): KnownCopy {
  return {
    backup: '20261125_130000Z' as BackupId,
    copy: 'far',
    kind: 'directory',
    to: '/far',
    where: '/far/daily/20261125_130000Z',
    place: 'other-disk',
    state: 'sound',
    level: 'content',
    taken: after(NOW, -3_600_000),
    earned: {},
    manifest: sha256('m'),
    bytes: 1,
    entries: 1,
    heldBy: [],
    imported: false,
    ...over,
  }
}
function dataAt(dir: string, change: DataDirectory['change'] = 'gate'): CompiledPolicy {
  const policy = policyOf()
  const data: DataDirectory = { name: 'data', dir, change, format: 'json', secret: [], invariants: {} }
  return { ...policy, services: policy.services.map((one) => ({ ...one, data: [data] })) }
}
const asserting = (...more: readonly Assertion[]) => planOf({ pre: more })
const green: TrialCheck = { check: 'backup', verdict: 'green', facts: {}, problems: [] }

function judged(
  policy: CompiledPolicy,
  plan: Plan,
  check: TrialCheck | 'none' = green,
  found?: string,
): string {
  const checks = [...trialOf(plan).checks, ...(check === 'none' ? [] : [check])]
  const trial = trialOf(plan, { checks })
  const digest = evidenceDigest(trial)
  const sealed = envelopeOf(plan, policy).evidence.map((one) =>
    ['validation', 'trial', 'undo'].includes(one.check) ? { ...one, digest } : one,
  )
  const { expires } = trial
  const evidence =
    check === 'none'
      ? sealed
      : [...sealed, { check: 'backup', digest, expires, collector: 'runner' } as const]
  const scene = sceneOf({
    policy,
    plan,
    envelope: { evidence },
    journal: { trials: new Map([[digest, trial]]) },
  })
  const answer = judge({
    ...scene,
    pre: { ...scene.pre, ...(found === undefined ? {} : { backup: found }) },
  })
  return answer.ok ? 'ok' : `${answer.code} ${String(answer.detail['what'] ?? answer.detail['check'] ?? '')}`
}

describe('part of S06: a plan that writes inside of declared data', () => {
  test.each<[string, string, CompiledPolicy, Plan]>([
    ['with the assertion and its evidence', 'ok', dataAt('/etc/mirai'), asserting(BACKED_UP)],
    ['beside the data', 'ok', dataAt('/etc/mira'), planOf()],
    ['without the assertion', 'judge.action_outside pre', dataAt('/etc/mirai'), planOf()],
    ['of a single file', 'judge.action_outside pre', dataAt('/etc/mirai/a.conf'), planOf()],
    [
      'beside the data, with a question that nobody must ask',
      'ok',
      dataAt('/etc/mira'),
      asserting(BACKED_UP),
    ],
    [
      'with a lower level than is asked',
      'judge.action_outside pre.1.level',
      dataAt('/etc/mirai'),
      asserting({ kind: 'backup', level: 'digest' }),
    ],
    [
      'that only an API changes',
      'judge.action_outside /etc/mirai',
      dataAt('/etc/mirai', 'api-only'),
      asserting(BACKED_UP),
    ],
  ])('%s: %s', (_, expected, policy, plan) => {
    expect(judged(policy, plan)).toBe(expected)
  })

  test('a file that really lies there, whatever name it is declared by', () => {
    const plan = planOf()
    const linked = planOf({
      actions: plan.actions.map((one) =>
        one.action.kind === 'replaceFiles'
          ? {
              ...one,
              action: {
                ...one.action,
                files: one.action.files.map((file) => ({ ...file, real: `/srv/data${file.path}` })),
              },
            }
          : one,
      ),
    })
    expect(judged(dataAt('/srv/data'), linked)).toBe('judge.action_outside pre')
  })

  test.each<[string, TrialCheck | 'none']>([
    ['judge.evidence_missing backup', 'none'],
    ['judge.evidence_red backup', { ...green, verdict: 'red' }],
  ])('%s', (expected, check) => {
    expect(judged(dataAt('/etc/mirai'), asserting(BACKED_UP), check)).toBe(expected)
  })
  test('a level that only the gate claims is none: the trial in the journal did not look', () => {
    const policy = dataAt('/etc/mirai')
    const plan = asserting(BACKED_UP)
    const digest = evidenceDigest(trialOf(plan))
    const { evidence } = envelopeOf(plan, policy)
    const claimed = { check: 'backup', digest, expires: after(NOW, 1000), collector: 'runner' } as const
    const answer = judge(sceneOf({ policy, plan, envelope: { evidence: [...evidence, claimed] } }))
    expect(answer).toMatchObject({ ok: false, code: 'judge.evidence_unknown', detail: { check: 'backup' } })
  })
  test.each(['missing', 'stale', 'too_low'])('that is %s by the time it starts does not start', (found) => {
    expect(judged(dataAt('/etc/mirai'), asserting(BACKED_UP), green, found)).toBe('judge.pre_fails backup')
  })
})

describe('part of S08: the check itself', () => {
  test.each<[string, string | undefined, Partial<KnownCopy>[]]>([
    ['none', 'missing', []],
    ['an hour old', undefined, [{}]],
    ['to the millisecond a day old', undefined, [{ taken: after(NOW, -BACKUP_LIMIT_MS) }]],
    ['a millisecond older', 'stale', [{ taken: after(NOW, -BACKUP_LIMIT_MS - 1) }]],
    ['on the disk of the data', 'missing', [{ place: 'same-disk' }]],
    ['only the digests', 'too_low', [{ level: 'digest' }]],
    ['suspect', 'missing', [{ state: 'suspect' }]],
    [
      'a young one that is not read, an old one that is',
      'too_low',
      [{ level: 'written' }, { taken: after(NOW, -2 * BACKUP_LIMIT_MS) }],
    ],
  ])('%s: %s', (_, expected, copies) => {
    const all = copies.map(copyOf)
    expect(backupFault(all, 'content', NOW)).toBe(expected)
    const check = backupCheck(all, 'content', NOW)
    expect(check.verdict).toBe(expected === undefined ? 'green' : 'red')
    expect(check.problems.length > 0).toBe(expected !== undefined)
  })
  test('evidence names the directories of which only bytes were compared', () => {
    const data = [{ name: 'uploads', format: 'files' }] as unknown as Parameters<typeof backupCheck>[3]
    expect(backupCheck([copyOf({})], 'content', NOW, data).facts).toMatchObject({ bytesOnly: ['uploads'] })
    expect(backupCheck([copyOf({})], 'content', NOW).facts).not.toHaveProperty('bytesOnly')
  })
  test('evidence ends when the copy is a day old, and never later than any other', () => {
    const old = backupCheck([copyOf({ taken: after(NOW, 60_000 - BACKUP_LIMIT_MS) })], 'content', NOW)
    expect(validUntil(NOW, [old])).toBe(after(NOW, 60_000))
    expect(validUntil(NOW, [])).toBe(after(NOW, BACKUP_LIMIT_MS))
    expect(validUntil(NOW, [{ ...old, verdict: 'red' }])).toBe(after(NOW, BACKUP_LIMIT_MS))
  })
})

test('the playbook’s own plan passes, and data of an API is refused before it is one', () => {
  const made = (policy: CompiledPolicy) => {
    const [service] = policy.services
    if (service === undefined) throw new Error('no service')
    const { path, before } = fileChange('/etc/mirai/a.conf')
    const files = [{ kind: 'write', path, digest: sha256('new\n'), size: 4 } as const]
    return planConfig(
      policy,
      service,
      { change: planOf().change, revision: 1, files, env: [] },
      { files: [{ path, real: path, links: [], state: before }], stopTimeoutMs: {} },
    )
  }
  const answer = made(dataAt('/etc/mirai'))
  if (!answer.ok) throw new Error(answer.code)
  expect(answer.plan.pre).toContainEqual(BACKED_UP)
  expect(judged(dataAt('/etc/mirai'), answer.plan)).toBe('ok')
  expect(made(dataAt('/etc/mirai', 'api-only'))).toMatchObject({ ok: false, code: 'plan.data_api_only' })
})

test('part of S08: a copy that is not there any more counts no more, and another one does', async () => {
  const [gone, there] = [copyOf({}), copyOf({ copy: 'other', where: '/backup/other' })]
  const isThere = async (where: string) =>
    where === '/backup/other' ? ('there' as const) : ('gone' as const)
  expect(backupCheck(await asThere([gone], isThere), 'content', NOW)).toMatchObject({
    verdict: 'red',
    problems: [{ code: 'backup.not_sound' }],
  })
  expect(backupCheck(await asThere([gone, there], isThere), 'content', NOW)).toMatchObject({
    verdict: 'green',
    facts: { copy: 'other' },
  })
})

test('part of S08: a target that is away says nothing of its copies, and no change rests on them meanwhile', async () => {
  const copy = copyOf({})
  const isAway = async () => 'away' as const
  expect(await asThere([copy], isAway)).toEqual([copy])
  expect(backupCheck(await atHand([copy], isAway), 'content', NOW).verdict).toBe('red')
  expect(backupCheck(await atHand([copy], async () => 'there'), 'content', NOW).verdict).toBe('green')
})
