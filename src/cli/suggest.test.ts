import { expect, test } from 'vitest'
import { COMMANDS } from './commands.ts'
import { suggest } from './suggest.ts'

const known = COMMANDS.map(({ words }) => words)

test.each([
  ['undo CHG-2026-0001', 'change rollback CHG-2026-0001'],
  ['change undo CHG-2026-0001', 'change rollback CHG-2026-0001'],
  ['change revert CHG-2026-0001', 'change rollback CHG-2026-0001'],
  ['rollback CHG-2026-0001', 'change rollback CHG-2026-0001'],
  ['approve CHG-2026-0001', 'change approve CHG-2026-0001'],
  ['show CHG-2026-0001', 'change show CHG-2026-0001'],
  ['history', 'change list --all'],
  ['log', 'change list --all'],
  ['restart mirai.service', 'do service --service mirai --verb restart --instruction "…"'],
  ['drill', 'backup drill'],
  ['statsu', 'status'],
  ['chnage list', 'change list'],
  ['quux', 'status'],
  ['install claude', 'install claude-code'],
])('%s is answered with %s', (typed, line) => {
  expect(suggest(typed.split(' '), known, (word) => word)).toBe(line)
})

test('every line that is offered is a command', () => {
  for (const word of ['undo', 'sign', 'cancel', 'log', 'changes', 'ps', 'why']) {
    const line = suggest([word], known, (one) => one)
    expect(
      known.some((one) => line === one || line.startsWith(`${one} `)),
      line,
    ).toBe(true)
  }
})
