// Commands of a service that the rules declare: each may be run as a change of its own.
import { type Decoder, integer, list, object, optional, text } from '../base/decode.ts'
import { absolutePath } from './file-state.ts'

export interface DeclaredCommand {
  readonly name: string
  /** What is executed lies in it; the whole of it is sealed. */
  readonly directory: string
  readonly argv: readonly string[]
  /** What takes it back. Absent: nothing but a restore does. */
  readonly back?: readonly string[]
  /** Directories that it may write; every other place is read-only for it. */
  readonly writes: readonly string[]
  readonly withinMs: number
}

export const COMMAND_NAME = /^[a-z][a-z0-9_-]{0,49}$/
/** Its own action, and its way back, end within an hour. */
export const COMMAND_MS = 3_300_000
export const WRITES_MAX = 20

export const commandWords = list(text({ max: 4096 }), 100)

export const declaredCommand: Decoder<DeclaredCommand> = object({
  name: text({ max: 50, pattern: COMMAND_NAME, what: 'a name of a command' }),
  directory: absolutePath,
  argv: commandWords,
  back: optional(commandWords),
  writes: list(absolutePath, WRITES_MAX),
  withinMs: integer(1000, COMMAND_MS),
})
