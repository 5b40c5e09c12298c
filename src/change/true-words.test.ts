// Each word that a screen of a change says, in a world in which it is false: another word must stand there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ChangeView, type CheckView, changeView } from '../contract/change.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { JournalBody, JournalLine } from '../seal/journal.ts'
import { CHANGE_CODES } from '../words/change-codes.ts'
import { DOCTOR_WORDS } from '../words/doctor.ts'
import { reader } from '../words/errors.ts'
import { RECORD_WORDS } from '../words/record.ts'
import { STATE_WORDS } from '../words/state.ts'
import type { Language } from '../words/words.ts'
import { renderCard } from './card.ts'
import type { CheckResult } from './change.ts'
import { checklist } from './checklist.ts'
import { howKept } from './how-kept.ts'
import { foreignOf } from './record.ts'
import { undoView } from './view.ts'
import { wallCodes } from './wall.ts'

const VIEW: ChangeView = changeView.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../tests/fixtures/card/view.json'), 'utf8')),
)
const card = (more: Partial<ChangeView>, language: Language = 'en') =>
  renderCard({ ...VIEW, ...more }, { language, width: 80, zone: 'UTC' })
const withCheck = (check: string, more: Partial<CheckView>) => ({
  checks: VIEW.checks.map((one) => (one.check === check ? { ...one, ...more } : one)),
})
const AT = '2026-11-25T05:00:00.000Z' as CheckResult['at']
const LATER = '2026-11-27T05:00:00.000Z' as CheckResult['at']
const result = (check: string, more: object = {}) =>
  ({
    check,
    verdict: 'green',
    collector: 'runner',
    facts: {},
    problems: [],
    at: AT,
    expires: '2026-11-26T05:00:00.000Z',
    evidence: 'ab'.repeat(32),
    ...more,
  }) as unknown as CheckResult
const undone = (more: object) => undoView([result('undo', more)], ['put back /etc/x'])

describe('on the card', () => {
  const rows: readonly (readonly [string, string, Partial<ChangeView>, false: string, instead: string])[] = [
    [
      'apply tried',
      'the trial failed',
      withCheck('trial', { verdict: 'red' }),
      '✓ apply tried',
      '✗ apply tried',
    ],
    [
      'apply tried',
      'nothing could be tried',
      withCheck('trial', { verdict: 'not_tried' }),
      '✓ apply tried',
      '(not tried)',
    ],
    [
      'apply tried',
      'somebody does without it',
      withCheck('trial', { verdict: 'waived' }),
      '✓ apply tried',
      '(waived)',
    ],
    [
      'undo tried',
      'the copies were not as before',
      withCheck('undo', { verdict: 'red' }),
      '✓ undo tried',
      '✗ undo tried',
    ],
    [
      'loses nothing',
      'the copies were not as before',
      { undo: undone({ verdict: 'red', facts: { milliseconds: 400 } }) },
      'loses nothing',
      'tried, and it was not as before',
    ],
    [
      'loses nothing',
      'nothing was tried yet',
      { undo: undoView([], ['put back /etc/x']) },
      'loses nothing',
      'not measured',
    ],
    [
      'loses nothing',
      'access lists could not be read',
      { undo: undone({ facts: { milliseconds: 400, extras: 'not_compared' } }) },
      'loses nothing',
      'access lists and attributes could not be',
    ],
    [
      'loses nothing',
      'it cannot be taken back',
      { undo: undoView([], []) },
      'loses nothing',
      'cannot be taken back',
    ],
    [
      'no other change',
      'another one holds the same target',
      withCheck('conflict', { verdict: 'red' }),
      '✓ no other change',
      '✗ no other change',
    ],
    ['healthy', 'health is red', withCheck('health', { verdict: 'red' }), '✓ healthy', '✗ healthy'],
    [
      'healthy',
      'health gave no answer',
      withCheck('health', { verdict: 'unknown' }),
      '✓ healthy',
      '! healthy',
    ],
    ['backup', 'no copy counts', withCheck('backup', { verdict: 'red' }), '✓ backup', '✗ backup'],
    [
      'validated',
      'no validator reads this kind of file',
      withCheck('validation', { verdict: 'no_validator', facts: { noValidator: ['/etc/logrotate.d/app'] } }),
      '✓ validated',
      'no validator for',
    ],
    [
      'validated',
      'a validator found a fault',
      withCheck('validation', { verdict: 'red' }),
      '✓ validated',
      '✗ validated',
    ],
    [
      'wall',
      'others can change what the runner uses',
      { wall: ['wall.untrusted'] },
      'only the runner can act',
      'the wall has a hole',
    ],
    ['wall', 'all run as one user', { wall: ['wall.none'] }, 'only the runner can act', 'no wall'],
    [
      'kept',
      'a person kept what was not proven',
      closed({ outcome: 'kept', kept: 'person' }),
      'proven in effect and kept',
      'not proven in effect',
    ],
    [
      'kept',
      'the journal is not to be had',
      closed({ outcome: 'kept' }),
      'proven in effect and kept',
      'kept',
    ],
    [
      'kept',
      'it was taken back',
      closed({ outcome: 'rolled_back' }),
      'proven in effect and kept',
      'taken back',
    ],
    [
      'kept',
      'a later change took it back',
      {
        ...closed({ outcome: 'kept', kept: 'proven' }),
        takenBackBy: 'CHG-2026-0043' as NonNullable<ChangeView['takenBackBy']>,
      },
      'kept\n',
      'taken back since by CHG-2026-0043',
    ],
    [
      'taken back',
      'a part was left as it was',
      closed({ outcome: 'failed' }),
      'taken back',
      'failed (not all as before)',
    ],
    ['taken back', 'it never began', closed({ outcome: 'refused' }), 'taken back', 'refused by the runner'],
  ]
  test.each(rows)('*%s* is not said where %s', (_, __, world, word, instead) => {
    const said = card(world)
    expect(said).not.toContain(word)
    expect(said.replace(/\n\s+/g, ' ')).toContain(instead)
    // The Japanese card changes too, and not by a number alone.
    expect(card(world, 'ja')).not.toBe(card({}, 'ja'))
  })

  // One check is unknown, so that they do not fold into one line.
  test('each of these words is said where it is true', () => {
    const said = card({
      checks: VIEW.checks.map((one) =>
        one.check === 'backup'
          ? { ...one, verdict: 'green' }
          : one.check === 'window'
            ? { ...one, verdict: 'unknown' }
            : one,
      ),
    })
    for (const word of [
      '✓ apply tried',
      '✓ undo tried',
      'loses nothing',
      '✓ no other change',
      '✓ healthy',
      '✓ backup',
      'only the runner can act',
    ])
      expect(said).toContain(word)
    expect(card(closed({ outcome: 'kept', kept: 'proven' }))).toContain('proven in effect and kept')
  })
})

function closed(execution: Partial<NonNullable<ChangeView['execution']>>): Partial<ChangeView> {
  return {
    state: 'closed',
    execution: { id: 'CHG-2026-0042/1', state: { state: 'closed' }, steps: [], ...execution },
  }
}

test.each([
  ['it is too old', [result('trial')], 'unknown'],
  ['it was never made', [], 'pending'],
  ['it failed', [result('trial', { verdict: 'red' })], 'red'],
] as const)('*apply tried* is not green where %s', (_, results, verdict) => {
  const lines = checklist({ pattern: 'config' }, results, [], LATER)
  expect(lines.find(({ check }) => check === 'trial')?.verdict).toBe(verdict)
})

describe('kept', () => {
  const line = (body: object) => ({ body: body as JournalBody }) as JournalLine
  const proof = (verdict: string) => line({ kind: 'proof', verdict })
  const claim = (why: string, choice = 'keep') => line({ kind: 'claim', choice, by: 'runner', why })
  const plan = { proof: [{ kind: 'files' }, { kind: 'health' }] } as const
  test.each([
    ['every proof is green', [proof('green'), proof('green'), claim('proven')], 'proven'],
    [
      'a person said keep, and every proof is green',
      [proof('green'), proof('green'), claim('person')],
      'person_proven',
    ],
    ['a person said keep, and one proof is red', [proof('green'), proof('red'), claim('person')], 'person'],
    [
      'a person said keep, and one was not proven',
      [proof('green'), proof('not_proven'), claim('person')],
      'person',
    ],
    ['a person said keep before the proofs were through', [proof('green'), claim('person')], 'person'],
    ['it went back', [proof('green'), proof('red'), claim('proof_red', 'revert')], undefined],
    [
      'a person said keep when it went back already',
      [claim('proof_red', 'revert'), claim('person')],
      undefined,
    ],
    ['nothing is known', [], undefined],
  ] as const)('where %s', (_, lines, how) => {
    expect(howKept(plan, lines)).toBe(how)
  })
  test.each(['ja', 'en'] as const)('only a proven one is called proven (%s)', (language) => {
    const { howKept: words, outcome } = RECORD_WORDS[language]
    const proven = language === 'ja' ? /効いていることを確かめ(?!られていない)/ : /^proven/
    expect(words['proven']).toMatch(proven)
    expect(words['person_proven']).toMatch(proven)
    expect(words['person']).not.toMatch(proven)
    expect(outcome['kept']).not.toMatch(proven)
    expect(STATE_WORDS[language]['succeeded']).not.toMatch(proven)
  })
})

test('what somebody else wrote over a change is named with the place where it is kept', () => {
  const outcome = (files: object[]) =>
    [
      {
        body: {
          kind: 'outcome',
          result: 'applied',
          detail: { did: [{ step: 'putBack', files }] },
          milliseconds: 1,
        },
      },
    ] as unknown as JournalLine[]
  expect(foreignOf(outcome([{ path: '/etc/x', was: 'replaced' }]))).toEqual([])
  expect(foreignOf(outcome([{ path: '/etc/x', was: 'replaced', foreign: '/copies/found/x' }]))).toEqual([
    { path: '/etc/x', kept: '/copies/found/x' },
  ])
})

describe('the way back', () => {
  test.each([
    ['green', { tried: true, milliseconds: 400 }],
    ['red', { tried: false, failed: true }],
    ['not_tried', { tried: false }],
  ] as const)('of a trial that is %s has a time only if it worked', (verdict, seen) => {
    expect(undone({ verdict, facts: { milliseconds: 400 } })).toEqual({
      ...seen,
      loses: 'nothing',
      lines: ['put back /etc/x'],
    })
  })
})

describe('the wall', () => {
  const policy = (agentUser: 'own' | 'shared', agents = 1) =>
    ({
      agents: Array.from({ length: agents }, () => ({})),
      rules: { agentUser },
    }) as unknown as CompiledPolicy
  test.each([
    [
      'the runner is root, the gate is not, and nobody else can change either',
      { root: true, untrusted: [] },
      999,
      ['wall.runner'],
    ],
    [
      'others can change what the runner uses',
      { root: true, untrusted: ['/etc/sekisho'] },
      999,
      ['wall.untrusted'],
    ],
    ['the runner is no root', { root: false, untrusted: [] }, 999, ['wall.none']],
    ['the gate is root too', { root: true, untrusted: [] }, 0, ['wall.none']],
    ['the runner was never seen', undefined, 999, ['wall.none']],
  ] as const)('where %s', (_, runner, uid, codes) => {
    expect(wallCodes(runner, uid, policy('own'))).toEqual([...codes, 'wall.no_witness'])
  })
  test.each(['ja', 'en'] as const)(
    'of agent and person, whose users nobody looked at, it is not said that they share one (%s)',
    (language) => {
      const said = [
        CHANGE_CODES[language]('wall.shared_user', {}, {}),
        DOCTOR_WORDS['wall.shared_user']?.[language](reader({})).what ?? '',
      ]
      for (const one of said) {
        expect(one).toContain('policy.agent_user: own')
        expect(one).not.toMatch(/distinguish|cannot be told|same Unix|one Unix user|share|できません|同じ/)
      }
    },
  )
  test('an agent under the account of a person is said, and only where there is an agent', () => {
    const runner = { root: true, untrusted: [] }
    expect(wallCodes(runner, 999, policy('shared'))).toContain('wall.shared_user')
    expect(wallCodes(runner, 999, policy('shared', 0))).not.toContain('wall.shared_user')
  })
})
