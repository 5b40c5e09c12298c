// How git's subcommands read their words: `--no-x` takes `--x` back, the last one wins, `--` ends the options.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { literal, type Value } from '../value.ts'

export interface GitCall {
  readonly call: Call
  readonly args: Arguments
  readonly operands: readonly Field[]
  /** How many operands stand before `--`; all, where there is none. */
  readonly before: number
  /** Whether one of these is given and not taken back after. */
  readonly on: (names: string) => boolean
  /** Settings given for this one call: `-c`, `--config-env`, the environment. */
  readonly setting: (key: string) => Value | undefined
}

export function readGit(
  call: Call,
  grammar: Grammar,
  setting: (key: string) => Value | undefined,
): GitCall | undefined {
  const args = readArguments(call.args, grammar)
  if (
    args.options.some(({ name, field }) => name === 'help' || (name === 'h' && literal(field.value) === '-h'))
  )
    return undefined
  const end = call.args.findIndex(({ value }) => literal(value) === '--')
  const head = end === -1 ? args : readArguments(call.args.slice(0, end), grammar)
  return {
    call,
    args,
    operands: args.operands,
    before: end === -1 ? args.operands.length : Math.min(head.operands.length, args.operands.length),
    on: (names) => isOn(args, names.split(' ')),
    setting,
  }
}

function isOn({ options }: Arguments, names: readonly string[]): boolean {
  let on = false
  for (const { name } of options)
    if (names.includes(name)) on = true
    else if (name.startsWith('no-') && names.includes(name.slice(3))) on = false
  return on
}

export const plainOf = (field: Field | undefined): string | undefined =>
  field === undefined ? undefined : literal(field.value)

/** An effect on the repository. */
export function vcs(
  call: Call,
  verb:
    | 'discard'
    | 'clean'
    | 'rewrite'
    | 'force-push'
    | 'push'
    | 'delete-ref'
    | 'delete-remote-ref'
    | 'drop-stash'
    | 'expire'
    | 'configure-code'
    | 'commit'
    | 'integrate'
    | 'unstage'
    | 'checkout',
  field?: Field,
  what?: string,
): void {
  // Where it happens matters for what writes into the working tree, or moves the branch that is deployed.
  const places = /^(?:checkout|commit|discard|integrate|rewrite|unstage)$/.test(verb)
    ? call.shell.state.cwd
    : [undefined]
  for (const at of places)
    call.shell.emit(
      {
        verb: `vcs.${verb}`,
        on: {
          kind: 'repository',
          ...(at === undefined ? {} : { at }),
          ...(field === undefined ? {} : { ref: field.value }),
          ...(what === undefined ? {} : { what }),
        },
      },
      field?.span ?? call.span,
    )
}
