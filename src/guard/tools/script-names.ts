// What scripts and tasks have in common, wherever they stand: a name that says something, a file that holds them, a shell that runs them.
import type { Arguments } from '../arguments.ts'
import { HOLDS_SCRIPTS } from '../effect.ts'
import type { Field } from '../fields.ts'
import { meaningOf } from '../lexicon.ts'
import type { Path } from '../path.ts'
import type { Call, Shell } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'

/** A script of this name is about to run. */
export function judgeName(call: Call, field: Field | undefined): void {
  const name = field === undefined ? undefined : literal(field.value)
  if (field === undefined || name === undefined) return
  const meaning = meaningOf(name)
  if (meaning === 'destroy')
    call.shell.emit({ verb: 'exec.script', on: { kind: 'program', name } }, field.span)
  else if (meaning === 'publish')
    call.shell.emit({ verb: 'privilege.publish', on: { kind: 'program', name } }, field.span)
}

/** Every operand is a task. */
export const tasks: NonNullable<Tool['act']> = (call, args) => {
  if (args.has('n dry-run just-print recon list l T tasks summary dump')) return undefined
  for (const field of args.operands) if (literal(field.value)?.includes('=') !== true) judgeName(call, field)
  return undefined
}

/** Each of these options leads on from where the one before has led. */
export const directoryOf = (
  shell: Shell,
  args: Arguments,
  options: string,
  from = shell.state.cwd,
): readonly Path[] =>
  args.values(options).reduce<readonly Path[]>((cwd, { value }) => shell.fork({ cwd }).paths(value), from)

/** Whoever can look into them may tell what is in them (decide-with.ts). */
export function lookInto({ shell, span }: Call, paths: readonly Path[]): void {
  for (const path of paths)
    shell.emit({ verb: 'path.exec', on: { kind: 'path', path }, note: HOLDS_SCRIPTS }, span)
}

/** A program that is a shell by its name. */
export const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:env )?(?:ba|da|k|z|a)?sh$/
