// A declared command runs as the user of the service in a unit of its own: words and no line for a shell, from the rules and never from the gate.
import { list, literal, object, optional, text } from '../../base/decode.ts'
import { absolutePath } from '../file-state.ts'
import type { ActionKind } from './action-kind.ts'
import { unitName } from './unit.ts'

export interface Exec {
  readonly kind: 'exec'
  /** Which declared command it is. */
  readonly name: 'smoke'
  readonly argv: readonly string[]
  readonly directory: string
  /** Whose user, group and environment it gets. */
  readonly unit?: string
}

export const exec: ActionKind<Exec> = {
  decode: object({
    kind: literal('exec'),
    name: literal('smoke'),
    argv: list(text({ max: 4096 }), 100),
    directory: absolutePath,
    unit: optional(unitName),
  }),
  lines: ({ argv, directory }, words) => [words.exec(argv.map(shownWord).join(' '), directory)],
  summary: ({ kind, name, argv, directory }) => ({ kind, name, argv: [...argv], directory }),
  settings: ({ argv }) => [argv.map(shownWord).join(' ')],
}

/** A word with anything but plain characters stands in quotes, so that two commands never look alike. */
export function shownWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word)
}
