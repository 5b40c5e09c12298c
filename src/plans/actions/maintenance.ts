// The declared commands that turn the maintenance of a service on and off, around a step that its users would notice. Whatever ends the step early turns it
// off: undo, the deadline of what is armed, a keeper, the runner that starts again.
import { list, literal, object, optional, text } from '../../base/decode.ts'
import { absolutePath } from '../file-state.ts'
import type { ActionKind } from './action-kind.ts'
import { unitName } from './unit.ts'

export interface Maintenance {
  readonly kind: 'maintenance'
  readonly turn: 'on' | 'off'
  readonly on: readonly string[]
  readonly off: readonly string[]
  /** Exits with 0 where the service is in maintenance: asked after *on*. */
  readonly probe?: readonly string[]
  readonly directory: string
  /** Whose user, group and environment they get. */
  readonly unit?: string
}

const argv = list(text({ max: 4096 }), 100)

export const maintenance: ActionKind<Maintenance> = {
  decode: object({
    kind: literal('maintenance'),
    turn: literal('on', 'off'),
    on: argv,
    off: argv,
    probe: optional(argv),
    directory: absolutePath,
    unit: optional(unitName),
  }),
  lines: (action, words) => [words.exec(shown(action[action.turn]), action.directory)],
  putBackLines: ({ turn, on, off, directory }, words) => [
    words.exec(shown(turn === 'on' ? off : on), directory),
  ],
  summary: ({ kind, turn }) => ({ kind, turn }),
  settings: (action) => [shown(action[action.turn])],
}

/** A word with anything but plain characters stands in quotes, so that two commands never look alike. */
const shown = (words: readonly string[]) =>
  words.map((word) => (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
