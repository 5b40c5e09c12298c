// From the name of a program to what it does: builtins, wrappers, shells, tools. A name nobody knows is allowed, unless its words say more.
import { builtin } from './builtins.ts'
import { AS_SHELL } from './effect.ts'
import type { Field } from './fields.ts'
import { laidAs, liesInFetched } from './holdings.ts'
import { isMark } from './mark.ts'
import { literalPath, namesMeet, type Path, pathKey, ROOT, showPath } from './path.ts'
import { PROGRAM_NAMES } from './program-names.ts'
import type { Call } from './shell.ts'
import { runShell, SHELLS } from './shells.ts'
import { either, FROM_PROGRAM, isHidden, originsOf, type Stream } from './stream.ts'
import { perform } from './tool.ts'
import { FIELDS } from './tools/all.ts'
import { ofTheMoment } from './tools/debug-languages.ts'
import { initScript } from './tools/services.ts'
import { after, isUnknown, literal, prefix, show, split, UNKNOWN, type Value } from './value.ts'
import type { World } from './world.ts'
import { wrap } from './wrap.ts'
import { WRAPPERS } from './wrappers.ts'

type Program = (call: Call) => Stream

/** Who may speak of a program, in this order; each with the names that it knows, between blanks. Nothing else is read of a field here. */
const PLACES: readonly (readonly [names: string, place: 'wrapper' | 'shell' | number])[] = [
  [` ${PROGRAM_NAMES.wrappers} `, 'wrapper'],
  [` ${PROGRAM_NAMES.shells} `, 'shell'],
  ...PROGRAM_NAMES.fields.map((names, i) => [` ${names} `, i] as const),
]

const PROGRAMS = new Map<string, Program | undefined>()
/** Names that are remembered, known or not. */
const REMEMBERED = 8_192
/** Nobody's name is longer. */
const NAME_LENGTH = 64

function programOf(name: string): Program | undefined {
  if (name.length > NAME_LENGTH) return undefined
  if (PROGRAMS.has(name)) return PROGRAMS.get(name)
  if (PROGRAMS.size > REMEMBERED) PROGRAMS.clear()
  const made = programIn(name)
  PROGRAMS.set(name, made)
  return made
}

/** Several fields may know something of one program: all of them speak. */
function programIn(name: string): Program | undefined {
  let all: Program | undefined
  let aims = false
  // A name with a blank in it would be found where two names stand side by side.
  if (name === '' || name.includes(' ')) return undefined
  for (const [names, place] of PLACES) {
    if (!names.includes(` ${name} `)) continue
    if (place === 'wrapper') {
      const wrapper = WRAPPERS.findLast((one) => isAmong(one.names, name))
      if (wrapper !== undefined) all = (call) => wrap(wrapper, call)
    } else if (place === 'shell') all = runShell
    else
      for (const tool of FIELDS[place]?.() ?? []) {
        if (!isAmong(tool.names, name)) continue
        const speak: Program = (call) => perform(tool, call)
        aims ||= tool.aims === true
        all = all === undefined ? speak : both(all, speak)
      }
  }
  const speak = all
  if (!aims || speak === undefined) return all
  return (call) => {
    const out = speak(call)
    if (call.args.some(isPlace) && !call.args.some(({ value }) => DRY.test(literal(value) ?? '')))
      aimed({ ...call, args: call.args.filter((one) => isPlace(one) || prefix(one.value).startsWith('-')) })
    return out
  }
}

const isAmong = (names: string, name: string) => names.split(' ').includes(name)

let named: ReadonlySet<string> | undefined
const allNames = (): ReadonlySet<string> =>
  (named ??= new Set(PLACES.flatMap(([names]) => names.trim().split(' '))))

function both(one: Program, two: Program): Program {
  return (call) => {
    const first = one(call)
    const second = two(call)
    return first === FROM_PROGRAM ? second : first
  }
}

/** The program's name without its directory; `rm.exe` is rm, and `az.cmd` az. */
export function baseName(source: string): string {
  const name = source.slice(Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1)
  const isScript = name === source && /^[a-z].*\.(?:cmd|bat)$/i.test(name)
  return isScript || name.toLowerCase().endsWith('.exe') ? name.slice(0, -4) : name
}

export function dispatch(call: Call): Stream {
  const { shell, name } = call
  const plain = literal(name.value)
  if (plain === undefined) return unknownProgram(call)
  if (isMark(name.value)) return unknownProgram({ ...call, name: { ...name, value: UNKNOWN } })
  // A file that this text has written or fetched is a script of its own, a copy of a program is that program.
  const paths = plain.includes('/') ? shell.paths(name.value) : laidInPath(call, plain)
  if (paths.length > 0) {
    const made = madeHere(
      call,
      paths,
      plain.includes('/') ? name : { ...name, value: [showPath(paths[0] ?? ROOT)] },
    )
    if (made !== undefined) return made
  }
  if (/^\/etc\/(rc\.d\/)?(init|rc)\.d\//.test(plain)) return initScript(call, plain)
  // It may be a script of that name, whatever it is called.
  if (plain.includes('/') && !OF_SYSTEM.test(plain))
    for (const one of paths)
      shell.emit({ verb: 'path.exec', on: { kind: 'path', path: one }, note: AS_SHELL }, name.span)
  const known = find(plain)
  if (known !== undefined) return known(call)
  if (isLine(plain)) return asLine(call, plain)
  if (paths.some((one) => liesInFetched(shell.state, one)))
    shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: plain } }, name.span)
  if (paths.length > 0) ofTheMoment(call, name, call.args)
  for (const one of paths)
    shell.emit({ verb: 'path.exec', on: { kind: 'path', path: one }, note: AS_SHELL }, name.span)
  shell.emit({ verb: 'exec.known', on: { kind: 'program', name: plain } }, name.span)
  aimed(call)
  // A program that nobody knows and whose words are a command may well run it: what that would do is a doubt.
  const inner = call.args.findIndex(({ value }) => !prefix(value).startsWith('-'))
  const first = inner === -1 ? undefined : literal(call.args[inner]?.value ?? [])
  if (
    first !== undefined &&
    inner + 1 < call.args.length &&
    (programOf(first) !== undefined || first === 'eval')
  )
    asDoubt(call, call.args.slice(inner))
  return FROM_PROGRAM
}

const OF_SYSTEM = /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/

/** What a file does that this text has made: a script of its own, or a program under another name. */
function madeHere(call: Call, paths: readonly Path[], script: Field): Stream | undefined {
  const stream = call.shell.contents(paths)
  const interpreters = (stream.texts ?? []).flatMap((one) => interpreterOf(prefix(one)))
  for (const words of interpreters) {
    const [program, ...given] = words.map((word): Field => ({ ...script, value: [word] }))
    if (program !== undefined)
      call.shell.start(program, [...given, script, ...call.args], call.stdin, call.span)
  }
  if (interpreters.length > 0 && interpreters.length === stream.texts?.length) return FROM_PROGRAM
  if (stream.texts !== undefined || stream.origins.some(({ from }) => from !== 'file'))
    return runShell({ ...call, name: { ...call.name, value: ['bash'] }, args: [script, ...call.args] })
  return copyOf(call, paths, stream)
}

/**
 * The program that the first line names, with its words: one at the most (execve(2)), and those that `env -S` splits. None where there is
 * no such line, and for a shell, which is what is taken for it then too.
 */
function interpreterOf(source: string): readonly (readonly string[])[] {
  const [, path = '', rest = ''] = /^#![ \t]*(\S+)[ \t]*([^\n]*)/.exec(source) ?? []
  const word = rest.trim()
  // `env` sees its words as one, and splits them where an option of its own says so.
  const words =
    baseName(path) === 'env' && !word.startsWith('-')
      ? word.split(/\s+/)
      : [path, ...(word === '' ? [] : [word])]
  const [program = ''] = words
  return program === '' || isAmong(SHELLS, baseName(program)) ? [] : [words]
}

/** A program that is found by its name alone, where the text has said where to look and has put something of that name somewhere. */
function laidInPath({ shell }: Call, plain: string): readonly Path[] {
  const { files, links, variables } = shell.state
  if (!variables.has('PATH') || (files.size === 0 && links.length === 0) || builtin(plain) !== undefined)
    return []
  return shell.world.step(files.size + links.length) ? laidAs(shell.state, plain).slice(0, MOST) : []
}

const MANY_IN_ONE = new Set(['busybox', 'toybox', 'coreutils'])

/** What a copy or a link of a program does is what the program does, under whatever name it lies now. */
function copyOf(call: Call, paths: readonly Path[], { origins }: Stream): Stream | undefined {
  const from = [
    ...origins.flatMap((one) => (one.from === 'file' ? [one.path] : [])),
    ...paths.flatMap((one) => call.shell.aliased(one)),
  ]
  const own = new Set(paths.map(pathKey))
  const names = new Set(
    from.flatMap((one) => (own.has(pathKey(one)) ? [] : [baseName(literalPath(one) ?? '')])),
  )
  const called = baseName(literal(call.name.value) ?? '')
  let out: Stream | undefined
  for (const one of [...names].slice(0, MOST)) {
    // Many programs in one file: the name says which.
    if (MANY_IN_ONE.has(one) && programOf(called) !== undefined) continue
    const known = one === '' ? undefined : programOf(one)
    if (known === undefined) continue
    const done = known({ ...call, name: { ...call.name, value: [one] } })
    out = out === undefined ? done : either(out, done)
  }
  return out
}

/** Words of one program that are looked at for names of files. */
const LOOKED_AT = 16

/** A word of a tool that is known is a verb or a name, unless it has the form of a place. */
const isPlace = ({ value }: Field): boolean => {
  const start = value[0]
  return typeof start !== 'string' || /[./@]/.test(start)
}

/** Nothing is done, or only told. */
const DRY = /^(?:--?dry-?run(?:=.*)?|--help|help)$/

/** What an option is called behind which most programs want the place of what they make. */
const OUTPUT =
  /^(?:-o|--?out(?:put|file|dir)?(?:-?(?:file|dir|directory|path))?|--?(?:dest|destination|target-dir))(?:=|$)/i

/** A program that nobody knows reads, for all that we know, the files that it is given: also behind `--option=`. */
function aimed({ shell, args }: Call): void {
  let isOutput = false
  for (const { value, span, open } of args.slice(0, LOOKED_AT)) {
    const start = prefix(value)
    const writes = OUTPUT.test(start) || (isOutput && !start.startsWith('-'))
    isOutput = OUTPUT.test(start) && !start.includes('=')
    // An address is another place; `@file`, `name=@file` and `--option=file` are files.
    if (/^[a-z][\w+.-]*:\/\//i.test(start) && !start.startsWith('file:')) continue
    const option = /^(?:file:\/\/|-[\w-]*=@?|[\w.[\]-]*=?@)/.exec(start)?.[0]
    if (open || start === '' || (option === undefined && start.startsWith('-'))) continue
    const word = option === undefined ? value : (after(value, option) ?? [])
    for (const one of word.length === 0 ? [] : shell.paths(word))
      shell.emit(
        { verb: writes ? 'path.append' : 'path.read', on: { kind: 'path', path: one }, certainty: 'unknown' },
        span,
      )
  }
}

function find(plain: string): Program | undefined {
  const base = baseName(plain)
  return builtin(plain) ?? programOf(base) ?? programOf(base.toLowerCase())
}

/** A whole command line in quotes: no program has that name, and whoever wrote it meant what it says. */
const isLine = (plain: string): boolean => {
  const end = /[\s;|&]/.exec(plain)?.index ?? -1
  return end > 0 && find(plain.slice(0, end)) !== undefined
}

function asLine({ shell, name, stdin }: Call, plain: string): Stream {
  if (/[ \t\n;|&]/.test(plain)) shell.fork({ doubtful: true }).code(plain, name.span, stdin)
  // Words on several lines, or with a space that is none to the shell, are one command to whoever splits them.
  const flat = plain.replaceAll(/\s/g, ' ')
  if (flat !== plain) shell.fork({ doubtful: true }).code(flat, name.span, stdin)
  return FROM_PROGRAM
}

/** Programs that a name may be, where all of it is unknown: those whose words alone would tell. */
const WORST = ['rm', 'git', 'chmod', 'dd']
const MOST = 24
const CANDIDATES = 512

/** What starts the words of a list as commands. */
const LISTS = new Set(['xargs', 'gxargs', 'parallel', 'find'])

/** The name is open: every program that it can be is asked, as a doubt. */
function unknownProgram(call: Call): Stream {
  const { shell, name } = call
  // `$(mktemp -d)/x`: what it is called is not known, and what this text has put there is.
  if (name.value.some((piece) => typeof piece === 'string' && piece.includes('/'))) {
    const made = shell.state.files.size + shell.state.links.length
    const out = made === 0 ? undefined : madeHere(call, shell.paths(name.value), name)
    if (out !== undefined) return out
  }
  const last = split(name.value, '/').at(-1) ?? []
  const origins = originsOf(name.value)
  if (origins.some(({ from }) => from === 'network' || from === 'decoder'))
    shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: '' } }, name.span)
  shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, name.span)
  // A command that was read out of a file, or stands in a list, is code as much as `eval` of it.
  const isListed = isUnknown(name.value) && LISTS.has(shell.state.via.at(-1) ?? '')
  if (isHidden(name.value) || isListed) shell.world.say('unknown code', name.span)
  let out: Stream = FROM_PROGRAM
  for (const candidate of candidates(last, shell.world))
    out = either(out, asDoubt(call, [{ ...name, value: [candidate] }, ...call.args]))
  // An unknown that is not quoted may be empty, or options of its own: the next word may be the program.
  if (name.open && call.args.length > 0) out = either(out, asDoubt(call, call.args))
  return out
}

function asDoubt(call: Call, words: readonly Field[]): Stream {
  const [name, ...args] = words
  if (name === undefined || literal(name.value) === undefined) return FROM_PROGRAM
  const child = call.shell.fork({ doubtful: true })
  const out = child.dispatch({ ...call, name, args, shell: child })
  call.shell.keepFiles(child)
  return out
}

function candidates(name: Value, world: World): readonly string[] {
  if (name.every((piece) => typeof piece !== 'string')) {
    // `r?` has a shape; `$x` has none.
    if (
      name.every((piece) => typeof piece !== 'string' && (piece.wild === 'any' || piece.wild === 'component'))
    )
      return WORST
  }
  const key = show(name)
  const before = world.candidates.get(key)
  if (before !== undefined) return before
  // All names are looked at: a text full of such words is not followed to its end.
  if (!world.step(CANDIDATES)) return WORST
  const all: string[] = []
  for (const one of allNames()) {
    if (namesMeet([one], name)) all.push(one)
    if (all.length >= MOST) break
  }
  world.candidates.set(key, all)
  return all
}
