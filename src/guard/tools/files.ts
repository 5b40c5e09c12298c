// Files and directories: coreutils that make, copy, move and delete.
import type { Arguments } from '../arguments.ts'
import { PERHAPS } from '../effect.ts'
import type { Field } from '../fields.ts'
import { type Path, pathKey } from '../path.ts'
import type { Call } from '../shell.ts'
import { ended, FROM_PROGRAM, known, NOTHING } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { COMPONENT, concat, isUnknown, literal, type Piece, split, text, type Value } from '../value.ts'

const lastPart = (value: Value): Value =>
  split(value, '/').findLast((part) => part.length > 0 && !isUnknown(part)) ?? []

/** What a word can only mean as a directory: by its end, by its name, or because several are put there. */
const DIRECTORY = /(?:^|\/)\.{0,2}$|^~$|^\/(?:etc|usr|lib|run|boot|var)(?:\/[^./]+)*$/

/** What is put into a directory lies there under its own name. */
function writeInside(call: Call, args: Arguments, { sources, target }: Copy, recursive: boolean): void {
  if (target === undefined || args.has('T no-target-directory')) return
  const plain = literal(target.value)
  const isSure =
    args.has('t target-directory') || sources.length > 1 || (plain !== undefined && DIRECTORY.test(plain))
  for (const { value } of sources) {
    const name = lastPart(value)
    if (name.length === 0 || literal(name) === '.' || literal(name) === '..') continue
    touch(
      call,
      'path.write',
      { ...target, value: concat(target.value, ['/'], name) },
      { ...(recursive ? { recursive } : {}), ...(isSure ? {} : { note: PERHAPS }) },
    )
  }
}

/** Where a copy of a source ends: the target, or a name in it. */
function ends(call: Call, target: Value, source: Value): readonly Path[] {
  const { shell } = call
  const name = lastPart(source)
  const inside = name.length === 0 ? [] : shell.paths(concat(target, ['/'], name))
  return [...shell.paths(target), ...inside]
}

/** A link or a moved file is a later name of its source. */
function alias(call: Call, sources: readonly Field[], target: Value): void {
  const { shell } = call
  for (const source of sources)
    for (const to of shell.paths(source.value))
      for (const from of ends(call, target, source.value)) shell.link(from, to)
}

/** What a copy holds is what its source held. */
function carry(call: Call, sources: readonly Field[], target: Value, recursive: boolean): void {
  const { shell } = call
  for (const source of sources) {
    const stream = shell.contents(shell.paths(source.value), recursive)
    shell.remember(ends(call, target, source.value), stream, false, call.span)
  }
}

interface Copy {
  readonly sources: readonly Field[]
  readonly target: Field | undefined
}
function copyOf(args: Arguments): Copy {
  const target = args.value('t target-directory')
  return target === undefined
    ? { sources: args.operands.slice(0, -1), target: args.operands.at(-1) }
    : { sources: args.operands, target }
}

const isNowhere = (field: Field) => literal(field.value) === '/dev/null'
/** Every source lies in the target already: nothing is moved. */
function isInPlace(call: Call, source: Field, target: Field): boolean {
  const there = new Set(call.shell.paths(target.value).map(pathKey))
  return call.shell
    .paths(source.value)
    .every((one) => there.has(pathKey({ ...one, segments: one.segments.slice(0, -1) })))
}

const move: NonNullable<Tool['act']> = (call, args) => {
  const { sources, target } = copyOf(args)
  if (target === undefined || sources.length === 0) return NOTHING
  keepOld(call, args, target)
  const note = isNowhere(target) ? { note: 'nowhere' } : {}
  const moving = sources.filter((source) => !isInPlace(call, source, target))
  for (const source of moving) touch(call, 'path.move', source, note)
  if (!isNowhere(target) && moving.length > 0) {
    touch(call, 'path.write', target)
    writeInside(call, args, { sources: moving, target }, false)
  }
  carry(call, sources, target.value, false)
  alias(call, sources, target.value)
  return NOTHING
}

const RECURSIVE = 'r R a recursive archive'
/** `--backup`: what was there stays under a name that begins alike. */
function keepOld(call: Call, args: Arguments, target: Field): void {
  if (args.has('b backup'))
    touch(call, 'path.create', { ...target, value: concat(target.value, [COMPONENT]) })
}

const copy: NonNullable<Tool['act']> = (call, args) => {
  const { sources, target } = copyOf(args)
  if (target === undefined || sources.length === 0) return NOTHING
  keepOld(call, args, target)
  const recursive = args.has(RECURSIVE)
  const empties = sources.every(isNowhere)
  if (!args.has('attributes-only'))
    for (const source of sources) touch(call, 'path.read', source, recursive ? { recursive } : {})
  touch(call, 'path.write', target, {
    ...(recursive ? { recursive } : {}),
    ...(empties ? { note: 'emptied' } : {}),
  })
  writeInside(call, args, { sources, target }, recursive)
  carry(call, sources, target.value, recursive)
  if (args.has('l s link symbolic-link')) alias(call, sources, target.value)
  return NOTHING
}

const link: NonNullable<Tool['act']> = (call, args) => {
  const { sources, target } = copyOf(args)
  if (target === undefined) return NOTHING
  if (sources.length === 0) {
    // One word: a link of the same name here.
    touch(call, 'path.link', target)
    return NOTHING
  }
  if (sources.every(isNowhere)) touch(call, 'path.move', target, { note: 'nowhere' })
  touch(call, 'path.write', target, { note: 'link' })
  writeInside(call, args, { sources, target }, false)
  const base = args.has('s symbolic') && !args.has('r relative') ? target.value : undefined
  for (const source of sources) {
    const meant = base === undefined ? source : { ...source, value: besides(base, source.value) }
    touch(call, 'path.link', meant)
    alias(call, [meant], target.value)
  }
  return NOTHING
}

/** A relative symbolic link is read from the directory that it stands in. */
function besides(target: Value, source: Value): Value {
  const plain = literal(target)
  const first = source[0]
  const slash = plain?.lastIndexOf('/') ?? -1
  if (plain === undefined || slash === -1 || (typeof first === 'string' && first.startsWith('/')))
    return source
  return concat([plain.slice(0, slash + 1)], source)
}

const tee: NonNullable<Tool['act']> = (call, args) => {
  const append = args.has('a append')
  for (const { value } of args.operands)
    call.shell.remember(call.shell.paths(value), call.stdin, append, call.span)
  return call.stdin
}

/** `if=… of=…` */
const dd: NonNullable<Tool['act']> = (call, args) => {
  const { shell } = call
  const valueOf = (name: string): Field | undefined => {
    for (const field of args.operands) {
      const [first, ...rest] = field.value
      if (typeof first === 'string' && first.startsWith(`${name}=`)) {
        const start = first.slice(name.length + 1)
        return { ...field, value: start === '' ? rest : [start, ...rest] }
      }
    }
    return undefined
  }
  const from = valueOf('if')
  const to = valueOf('of')
  if (from !== undefined) touch(call, 'path.read', from)
  const read = from === undefined ? call.stdin : shell.contents(shell.paths(from.value))
  const stream = valueOf('count') === undefined ? read : ended(read)
  if (to === undefined) return stream
  touch(call, 'path.write', to, { reversible: 'no' })
  if (from !== undefined && isNowhere(from)) touch(call, 'path.write', to, { note: 'emptied' })
  shell.remember(shell.paths(to.value), stream, false, call.span)
  return NOTHING
}

const truncate: NonNullable<Tool['act']> = (call, args) => {
  const size = args.value('s size')
  const plain = size === undefined ? undefined : literal(size.value)?.trim()
  const shrinks = plain === undefined ? size !== undefined : /^(?:0+[A-Za-z]*|[-<].*)$/.test(plain)
  for (const field of args.operands)
    touch(call, 'path.write', field, shrinks ? { note: 'emptied' } : { note: 'edited' })
  return NOTHING
}

const temporary: NonNullable<Tool['act']> = (call, args) => {
  const given = args.value('p tmpdir')
  const template = args.operands[0]
  const directory: Value = given?.value ?? (template === undefined || args.has('t') ? ['/tmp'] : [])
  const name: Value = template === undefined ? ['tmp.', COMPONENT] : filled(template.value)
  const made = concat(directory, directory.length === 0 ? [] : ['/'], name)
  if (!args.has('u dry-run')) touch(call, 'path.create', fieldFor(call, made))
  return known(concat(made, ['\n']))
}

/** The X at the end of a template are any letters. */
function filled(template: Value): Value {
  const pieces: Piece[] = []
  for (const piece of template) {
    if (typeof piece !== 'string') {
      pieces.push(piece)
      continue
    }
    const at = piece.search(/X{3,}/)
    if (at === -1) pieces.push(piece)
    else {
      const rest = piece.slice(at).replace(/^X+/, '')
      pieces.push(...text(piece.slice(0, at)), COMPONENT, ...text(rest))
    }
  }
  return pieces
}

export const FILES: readonly Tool[] = [
  {
    names: 'rm',
    flags: 'force recursive dir verbose interactive one-file-system no-preserve-root preserve-root',
    does: [{ do: 'path.delete', deep: 'r R recursive', reversible: 'no' }],
    writes: 'nothing',
  },
  {
    names: 'rmdir',
    flags: 'parents verbose ignore-fail-on-non-empty',
    does: [{ do: 'path.delete', note: 'empty' }],
    writes: 'nothing',
  },
  { names: 'unlink', does: [{ do: 'path.delete', reversible: 'no' }], writes: 'nothing' },
  {
    names: 'trash-empty trash-rm',
    does: [{ do: 'path.delete', to: 'cwd', reversible: 'no', note: 'filtered' }],
  },
  {
    names: 'srm wipe',
    does: [{ do: 'path.delete', deep: 'r R recursive', note: 'shred', reversible: 'no' }],
  },
  {
    names: 'shred',
    short: 'ns',
    long: 'iterations size random-source',
    flags: 'force remove verbose exact zero',
    does: [
      { do: 'path.write', reversible: 'no', note: 'shred' },
      { do: 'path.delete', when: 'u remove', reversible: 'no', note: 'shred' },
    ],
  },
  {
    names: 'mv',
    short: 'tS',
    long: 'target-directory suffix',
    flags:
      'force interactive no-clobber verbose backup no-target-directory update strip-trailing-slashes context',
    act: move,
  },
  {
    names: 'cp gcp',
    short: 'tS',
    long: 'target-directory suffix no-preserve sparse',
    flags:
      'recursive archive force link symbolic-link attributes-only backup dereference interactive no-clobber no-dereference parents preserve reflink remove-destination strip-trailing-slashes no-target-directory update verbose one-file-system context',
    act: copy,
  },
  {
    names: 'install ginstall',
    short: 'mogtS',
    long: 'mode owner group target-directory suffix strip-program',
    flags: 'directory compare backup preserve-timestamps strip verbose no-target-directory',
    act: (call, args, tool) => {
      if (!args.has('d directory')) return copy(call, args, tool)
      for (const field of args.operands) touch(call, 'path.create', field, { note: 'directory' })
      return NOTHING
    },
  },
  {
    names: 'ln gln',
    short: 'tS',
    long: 'target-directory suffix',
    flags: 'symbolic force interactive logical no-dereference physical relative verbose backup directory',
    act: link,
  },
  { names: 'link', act: link },
  {
    names: 'touch',
    short: 'drt',
    long: 'date reference time',
    does: [{ do: 'path.create' }],
    writes: 'nothing',
  },
  { names: 'truncate', short: 'sro', long: 'size reference', flags: 'no-create io-blocks', act: truncate },
  { names: 'fallocate', short: 'loxn', long: 'length offset', does: [{ do: 'path.write', note: 'edited' }] },
  {
    names: 'tee',
    endless: true,
    flags: 'append ignore-interrupts output-error',
    does: [
      { do: 'path.append', when: 'a append' },
      { do: 'path.write', unless: 'a append' },
    ],
    act: tee,
  },
  { names: 'sponge', does: [{ do: 'path.write' }], act: tee },
  { names: 'dd dcfldd dc3dd', endless: true, act: dd },
  {
    names: 'mkdir',
    short: 'm',
    long: 'mode',
    does: [{ do: 'path.create', note: 'directory' }],
    writes: 'nothing',
  },
  {
    names: 'mkfifo mknod',
    short: 'm',
    long: 'mode',
    does: [{ do: 'path.create', to: 'first' }],
    act: ({ shell }) => {
      shell.state = { ...shell.state, fifos: true }
      return NOTHING
    },
  },
  {
    names: 'mktemp gmktemp',
    short: 'p',
    attached: '',
    long: 'suffix tmpdir',
    flags: 'directory dry-run quiet',
    act: temporary,
  },
  {
    names: 'split gsplit',
    short: 'abCln',
    long: 'suffix-length bytes line-bytes lines number additional-suffix filter separator',
    does: [{ do: 'path.read', to: 'first' }],
    act: (call, args) => {
      const [, start] = args.operands
      if (start !== undefined)
        touch(call, 'path.create', { ...start, value: concat(start.value, [COMPONENT]) })
      for (const code of args.values('filter')) call.shell.fork().code(literal(code.value) ?? ':', code.span)
      return NOTHING
    },
  },
  {
    names: 'csplit',
    short: 'bfn',
    long: 'prefix suffix-format digits',
    does: [
      { do: 'path.read', to: 'first' },
      { do: 'path.write', to: 'option:f prefix' },
    ],
  },
  {
    names: 'patch gpatch',
    short: 'BDdFgioprVYz',
    long: 'prefix ifdef directory fuzz get input output strip reject-file basename-prefix suffix',
    flags: 'dry-run backup reverse force forward',
    does: [
      { do: 'path.write', to: 'first', unless: 'dry-run', note: 'edited' },
      { do: 'path.write', to: 'option:o output', unless: 'dry-run' },
      { do: 'path.create', to: 'option:d directory', unless: 'dry-run', note: 'unpacked' },
      { do: 'path.create', to: 'cwd', unless: 'dry-run d directory', most: 0, note: 'unpacked' },
      { do: 'path.read', to: 'option:i input' },
    ],
  },
  {
    names: 'rename prename perl-rename',
    does: [{ do: 'path.move', to: 'butFirst', unless: 'n no-act nono' }],
  },
  {
    names: 'ls dir vdir eza exa lsd gls',
    short: 'IwT',
    long: 'ignore width tabsize block-size time-style hide format sort time color indicator-style quoting-style hyperlink classify level',
    does: [{ do: 'path.list' }],
    act: (_call, args) => {
      // Names: those that were given, and those in a directory.
      const given = args.operands.filter(({ value }) => value.some((piece) => typeof piece !== 'string'))
      if (given.length !== args.operands.length) return FROM_PROGRAM
      return known(
        // What begins with a dot is shown only where it is asked for, and is then one of those that may be anything.
        ...(given.length === 0
          ? [args.has('a A all almost-all f') ? [COMPONENT, '\n'] : [{ wild: 'name' as const }, '\n']]
          : given.map(({ value }) => concat(value, ['\n']))),
      )
    },
  },
  { names: 'tree du dust ncdu df stat file exiftool', does: [{ do: 'path.list' }] },
]
