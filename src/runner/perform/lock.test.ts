// R3: one lock of the journal for an ordinary run, and none in the keeper's way when something hangs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeHands, World } from '../../../tests/runner-fixtures/fake-hands.ts'
import { EXECUTION, planOf } from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import type { JournalBody } from '../../seal/journal.ts'
import { systemClock } from '../../sys/clock.ts'
import { JournalFile } from '../journal/file.ts'
import { Chain, openExecutionJournal } from '../journal/journal.ts'
import type { Hands } from './hands.ts'
import { perform } from './perform.ts'
import { Wake } from './wake.ts'

const accepted: JournalBody = {
  kind: 'accepted',
  change: 'CHG-2026-0001' as never,
  plan: sha256('plan'),
  envelope: sha256('envelope'),
  statements: [],
  nonces: [],
  policy: sha256('policy'),
  fences: [],
  approvers: ['ops1'],
  solo: false,
  demo: false,
}
const deps = { clock: systemClock, killPoint: () => {} }
const plan = planOf()

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'runner-lock-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

/** As the runner begins: the lock of the accepting line is kept. */
async function goOn(chain: Chain, hands: Hands): Promise<void> {
  chain.hold()
  await chain.append(EXECUTION, accepted)
  await perform({ chain, hands, clock: systemClock, wake: new Wake(), stopping: () => false, log: () => {} })
}

test('R3 an ordinary run asks for the journal’s lock once', async () => {
  let asked = 0
  const lock = async () => {
    asked += 1
  }
  const chain = new Chain(await JournalFile.open(join(directory, 'a.jsonl'), { ...deps, lock }), undefined)
  await goOn(chain, fakeHands({ plan, world: new World(plan), ...deps }))
  expect(chain.lines.at(-1)?.body).toMatchObject({ kind: 'closed', outcome: 'kept' })
  expect(asked).toBe(1)
})

test('R3 while an act hangs the keeper has the journal: what it writes is found, and obeyed', async () => {
  const chain = await openExecutionJournal(directory, EXECUTION, deps)
  const real = fakeHands({ plan, world: new World(plan), ...deps })
  const byKeeper: JournalBody = { kind: 'claim', choice: 'revert', by: 'keeper', why: 'deadline' }
  let hung = 0
  await goOn(chain, {
    ...real,
    apply: async (planned) => {
      hung += 1
      // A lock that stays with the hanging act ends this with runner.journal_held.
      const keeper = await openExecutionJournal(directory, EXECUTION, deps)
      expect(keeper.lines.at(-1)?.body.kind).toBe('intent')
      await keeper.append(EXECUTION, byKeeper)
      return real.apply(planned)
    },
  })
  expect(hung).toBe(1)
  expect(chain.lines.flatMap(({ body }) => (body.kind === 'claim' ? [body] : []))).toEqual([byKeeper])
  expect(chain.lines.at(-1)?.body).toMatchObject({ kind: 'closed', outcome: 'rolled_back' })
})
