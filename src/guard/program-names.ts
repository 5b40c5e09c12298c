// Which programs somebody here knows, by where that is written. A hook answers one question and ends: in its bundle these lists stand
// written out (build-hook.ts), so that a field is read when one of its programs is met and not before.
import { SHELLS } from './shells.ts'
import { FIELDS } from './tools/all.ts'
import { WRAPPERS } from './wrappers.ts'

export interface ProgramNames {
  /** Separated by blanks. */
  readonly wrappers: string
  readonly shells: string
  /** For each of FIELDS. */
  readonly fields: readonly string[]
}

const namesOf = (all: readonly { readonly names: string }[]) => all.map(({ names }) => names).join(' ')

export const PROGRAM_NAMES: ProgramNames = {
  wrappers: namesOf(WRAPPERS),
  shells: SHELLS,
  fields: FIELDS.map((field) => namesOf(field())),
}
