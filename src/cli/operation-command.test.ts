import { expect, test } from 'vitest'
import { EXIT } from '../base/error-codes.ts'
import { namesIn, type Operation } from '../contract/operation.ts'
import { OPERATIONS } from '../contract/operations.ts'
import { COMMANDS } from './commands.ts'
import { otherOperationCommands } from './operation-command.ts'
import { typeThere, VIEW } from './test-gate.ts'

const ROWS = Object.values<Operation>(OPERATIONS).filter(({ command }) => command !== undefined)

test('every row with a command is one command, with the help of the row and what its path asks for', () => {
  expect(ROWS.length).toBeGreaterThan(5)
  for (const { command, path } of ROWS) {
    const found = COMMANDS.filter(({ words }) => words === command?.words)
    expect(found, command?.words).toHaveLength(1)
    expect(found[0]?.help).toEqual(command?.help)
    expect(found[0]?.takes).toEqual([namesIn(path).length, namesIn(path).length])
  }
})

test('a row without a place of its own is a command too', () => {
  const placed = COMMANDS.filter(({ words }) => words !== 'change withdraw')
  expect(otherOperationCommands(placed).map(({ words, usage }) => `${words} ${usage}`)).toEqual([
    'change withdraw ID',
  ])
  expect(otherOperationCommands(COMMANDS)).toEqual([])
})

test.each([
  ['change check', '/check'],
  ['change withdraw', '/withdraw'],
])('%s asks for its route with the id that was typed, and shows the change', async (words, path) => {
  const { exit, posted, said } = await typeThere([...words.split(' '), VIEW.id], () => VIEW)
  expect(posted).toEqual([`/api/v1/changes/${VIEW.id}${path}`])
  expect(said).toContain(VIEW.id)
  expect(exit).toBe(0)
})

test('an id that is none is refused before anything is asked', async () => {
  const { exit, posted } = await typeThere(['change', 'seal', 'x'], () => VIEW)
  expect([exit, posted]).toEqual([EXIT.usage, []])
})
