// `make`: which makefiles it reads, with what, and what their lines then do.
import { runText } from '../builtins.ts'
import { type Path, pathKey } from '../path.ts'
import { sourceOf } from '../printing.ts'
import type { Call } from '../shell.ts'
import { fieldFor, type Tool } from '../tool.ts'
import { after, concat, literal, show, text, type Value } from '../value.ts'
import { wordsIn } from './make-text.ts'
import { type Asked, readMakefile } from './makefile.ts'
import { directoryOf, lookInto, SHELL, tasks } from './script-names.ts'

/** What is run while the makefile is read; and the recipes of what is made. */
function makefile(call: Call, source: string, asked: Asked, isDry: boolean, cwd: readonly Path[]): void {
  if (!call.shell.world.step(source.length >> 3)) return
  const { reading, recipes, exported, shell } = readMakefile(source, asked)
  const inner = call.shell.fork({ via: [...call.shell.state.via, 'make'], cwd })
  for (const [name, value] of exported) inner.set(name, { values: [text(value)], exported: true })
  for (const code of isDry ? reading : [...reading, ...recipes]) {
    if (code.trim() === '') continue
    const child = inner.fork()
    if (shell === undefined || SHELL.test(shell)) child.code(code, call.span)
    else
      child.start(
        fieldFor(call, text(shell)),
        [['-c'], text(code)].map((one) => fieldFor(call, one)),
        call.stdin,
        call.span,
      )
  }
}

/** A makefile that the line itself writes or gives is read; the others are what their targets say. */
export const make: NonNullable<Tool['act']> = (call, args, tool) => {
  const isDry = args.has('n dry-run just-print recon')
  const cwd = directoryOf(call.shell, args, 'C directory')
  const words = args.operands.map(({ value }) => show(value))
  const given = new Map(
    words.flatMap((word) => {
      const [, name, value = ''] = /^([\w.-]+)\s*[:?+]?=(.*)$/s.exec(word) ?? []
      return name === undefined ? [] : [[name, value] as const]
    }),
  )
  const asked: Asked = {
    name: 'Makefile',
    goals: words.filter((word) => !word.includes('=')),
    given,
    environment: (name) => exportedBy(call, name),
    included: (file) => {
      const place = call.shell.fork({ cwd }).paths(text(file))
      lookInto(call, place)
      return (call.shell.contents(place).texts ?? []).map(sourceOf)
    },
    whole: true,
  }
  for (const { value } of args.values('E eval')) makefile(call, literal(value) ?? '', asked, isDry, cwd)
  // The program that every recipe is handed to.
  for (const { value, ...field } of isDry ? [] : args.operands) {
    const shell = after(value, 'SHELL=')
    if (shell !== undefined && !SHELL.test(literal(shell) ?? ''))
      runText({ ...call, span: field.span }, concat(shell, [' ', '-c', ' ', 'true']))
  }
  for (const file of wordsIn(given.get('MAKEFILES') ?? asked.environment('MAKEFILES') ?? ''))
    for (const one of asked.included(file)) makefile(call, one, { ...asked, name: file }, isDry, cwd)
  const named = args.values('f file makefile')
  for (const value of named.length === 0 ? MAKEFILES : named.map((one) => one.value)) {
    const isStream = literal(value) === '-'
    const place = isStream
      ? call.stdin.origins.flatMap((one) => (one.from === 'file' ? [one.path] : []))
      : call.shell.fork({ cwd }).paths(value)
    const stream = isStream ? call.stdin : call.shell.contents(place)
    const whole = !place.some((one) => call.shell.world.viewed.has(pathKey(one)))
    lookInto(call, place)
    const name = show(value)
    for (const one of stream.texts ?? []) makefile(call, sourceOf(one), { ...asked, name, whole }, isDry, cwd)
    // The first that is there is taken.
    if (named.length === 0 && !whole && stream.texts !== undefined) break
  }
  return tasks(call, args, tool)
}

/** A variable that a program is started with, where its value is known. */
function exportedBy({ shell: { state, world } }: Call, name: string): string | undefined {
  const variable = state.variables.get(name)
  if (variable === undefined) return world.environment[name]
  const [value] = variable.values
  return variable.exported === true && value !== undefined ? literal(value) : undefined
}

/** Where it looks when nobody says: the first that is there. */
const MAKEFILES: readonly Value[] = [['GNUmakefile'], ['makefile'], ['Makefile']]
