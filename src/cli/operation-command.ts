// A command that is one operation: words and help from its row, what is typed after them from its path.
import { assert } from '../base/assert.ts'
import { namesIn, type Operation } from '../contract/operation.ts'
import { OPERATIONS, type OperationName } from '../contract/operations.ts'
import type { Command } from './command.ts'

const ROWS: Readonly<Record<OperationName, Operation>> = OPERATIONS
const NAMES = Object.keys(OPERATIONS) as readonly OperationName[]

/** What a name of a path is called in a usage. */
const TYPED = {
  id: 'ID',
  digest: 'DIGEST',
  name: 'SERVICE',
  stage: 'STAGE',
  check: 'NAME',
  incident: 'ID',
  notice: 'ID',
  source: 'NAME',
} as const

export function operationCommand(name: OperationName): Command {
  const { command, path } = ROWS[name]
  assert(command !== undefined, `a command for ${name}`)
  const { words, help, follows } = command
  const names = namesIn(path)
  const leaves = typeof follows === 'object' ? [follows.unless] : []
  return {
    words,
    usage: [...names.map((one) => TYPED[one]), ...leaves.map((one) => `[--${one}]`)].join(' '),
    help,
    options: Object.fromEntries(leaves.map((one) => [one, { type: 'boolean' }])),
    takes: [names.length, names.length],
    group: words.startsWith('change ') ? 'change' : 'record',
    load: async () => (await import('./commands/operation.ts')).asking(name),
  }
}

/** The commands of rows that have no place of their own among `placed`. */
export function otherOperationCommands(placed: readonly Command[]): readonly Command[] {
  return NAMES.filter((name) => {
    const words = ROWS[name].command?.words
    return words !== undefined && !placed.some((one) => one.words === words)
  }).map(operationCommand)
}
