// A line is believed by its number and by the digest of the line before, each of them alone.
import { expect, test } from 'vitest'
import { EXECUTION } from '../../../tests/runner-fixtures/scene.ts'
import { type Digest, sha256 } from '../../base/hash.ts'
import type { TargetId } from '../../base/id.ts'
import type { Instant } from '../../base/time.ts'
import type { JournalLine } from '../../seal/journal.ts'
import { type Body, JournalIndex } from './index.ts'
import { FIRST_PREV, lineText, readLines } from './line.ts'

const line = (seq: number, prev: Digest, body: JournalLine['body']): JournalLine => ({
  v: 1,
  seq,
  prev,
  boot: 'boot',
  uptime: 1,
  at: '2026-11-25T13:00:00.000Z' as Instant,
  key: EXECUTION,
  body,
})
const said: JournalLine['body'] = { kind: 'runner', event: 'settled', detail: {} }

test.each([
  ['follows', 2, true],
  ['has a gap before it', 3, false],
  ['has the number of the line before', 1, false],
])('a line that %s', (_, seq, sound) => {
  const first = lineText(line(1, FIRST_PREV, said))
  const second = lineText(line(seq, sha256(first), said))
  const read = readLines(Buffer.from(`${first}\n${second}\n`))
  expect(read.damage === undefined).toBe(sound)
  expect(read.lines).toHaveLength(sound ? 2 : 1)
})

test('INVARIANT I4: the mark of a fence never falls, whatever stands in later lines', () => {
  const target = 'local/file:/etc/a' as TargetId
  const index = new JournalIndex()
  const accepted = (token: number): Body<'accepted'> => ({
    kind: 'accepted',
    change: 'CHG-2026-0001' as never,
    plan: sha256('plan'),
    envelope: sha256('envelope'),
    statements: [],
    nonces: [],
    policy: sha256('policy'),
    fences: [{ target, token }],
    approvers: [],
    solo: false,
    demo: false,
  })
  for (const [i, token] of [3, 9, 4, 1].entries()) {
    index.take(line(i + 1, FIRST_PREV, accepted(token)))
    expect(index.fences.get(target)).toBe(i === 0 ? 3 : 9)
  }
})
