// A subcommand of git, as data where data can say it.
import type { Grammar } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import type { Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import type { GitCall } from './git-arguments.ts'

export interface Sub extends Grammar {
  /** Separated by blanks. */
  readonly names: string
  /** Options with which nothing is changed. */
  readonly dry?: string
  /** Of its options the one that takes most away: what a word that nobody sees may be. */
  readonly worst?: string
  readonly does: (git: GitCall) => Stream | undefined
}

export const nothing = (): undefined => undefined

/** A tree of files appears there; which ones is not known. */
export const unpackedInto = (call: Call, field: Field): void =>
  touch(call, 'path.create', field, { note: 'unpacked' })
