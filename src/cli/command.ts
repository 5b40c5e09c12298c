// A command: its words, its options, a line of help in both languages, and its function, which is loaded only when it is called.
import type { ExitCode } from '../base/error-codes.ts'
import type { Environment } from '../sys/config.ts'
import type { COMMAND_GROUPS } from '../words/command-help.ts'
import type { Both } from '../words/words.ts'
import type { Client } from './client.ts'
import type { Place } from './session.ts'
import type { Terminal } from './terminal.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
}

export interface Command {
  /** `change approve` */
  readonly words: string
  /** The arguments after the words: `ID [--key FILE]`. */
  readonly usage: string
  readonly help: Both<string>
  /** Example lines to paste, for a long usage. */
  readonly examples?: readonly string[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Minimum and maximum number of positionals. */
  readonly takes: readonly [number, number]
  /** Headings of `help`. */
  readonly group: keyof typeof COMMAND_GROUPS
  readonly load: () => Promise<{ readonly run: (call: Call) => Promise<ExitCode> }>
}

/** One call: what was typed, and the parts that the command uses. */
export interface Call {
  readonly words: string
  readonly usage: string
  /** The line as it was typed, quoted for a shell. */
  readonly typed: string
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly terminal: Terminal
  readonly environment: Environment
  readonly place: Place
  /** A client of the gate, with the login of this user where there is one. */
  readonly client: Client
  /** The same; fails when nobody is logged in. */
  readonly loggedIn: () => Client
  readonly stdin: () => Promise<Buffer>
  readonly uid: number
  /** Aborted at Ctrl-C. */
  readonly interrupted: AbortSignal
}

export function option(call: Call, name: string): string | undefined {
  const value = call.values[name]
  return typeof value === 'string' ? value : undefined
}
export function flag(call: Call, name: string): boolean {
  return call.values[name] === true
}
export function options(call: Call, name: string): readonly string[] {
  const value = call.values[name]
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}
/** What was typed goes to the gate as it is: the gate says what it takes. */
export function asTyped(words: Readonly<Record<string, unknown>>): never {
  return words as never
}
