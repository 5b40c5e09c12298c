// `sqlite3 FILE -Ac a b`, `-Ax -C DIR`: a database used as an archive. Everything behind `-A` are words as those of tar.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, prefix } from '../value.ts'
import { fill } from './made.ts'

function archive(call: Call, at: number): void {
  const first = call.args[at] as Field
  const letters = after(first.value, '-A') ?? []
  const bundle: readonly Field[] =
    letters.length === 0
      ? []
      : [{ ...first, value: prefix(letters).startsWith('-') ? letters : ['-', ...letters] }]
  const args = readArguments([...bundle, ...call.args.slice(at + 1)], {
    short: 'fC',
    long: 'file directory',
    flags: 'create update insert remove extract list append dryrun glob verbose',
  })
  const [database] = readArguments(call.args.slice(0, at), { style: 'words' }).operands
  const file = args.value('f file') ?? database
  if (args.has('n dryrun')) return
  if (args.has('x extract')) fill(call, args.value('C directory') ?? fieldFor(call, ['.']))
  else if (args.has('c create u update i insert r remove')) {
    if (file !== undefined) touch(call, 'path.write', file)
    if (!args.has('r remove')) for (const field of args.operands) touch(call, 'path.read', field)
  }
}

export const SQLITE_ARCHIVE: Tool = {
  names: 'sqlite3',
  style: 'words',
  act: (call) => {
    const at = call.args.findIndex(({ value }) => prefix(value).startsWith('-A'))
    if (at !== -1) archive(call, at)
    return FROM_PROGRAM
  },
}
