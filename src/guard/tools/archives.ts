// Archives: what they pack is read, where they unpack is written, and several of their options are commands.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, follow, gathered, NOTHING, type Origin, type Stream } from '../stream.ts'
import { fieldFor, inputOf, type Tool, touch } from '../tool.ts'
import { concat, isOpen, literal, prefix, split, type Value } from '../value.ts'
import { itemsOf } from './items.ts'
import { runOption } from './options.ts'

const TAR: Grammar = {
  short: 'fCbgHIKLNTVXF',
  long: 'file directory blocking-factor listed-incremental format use-compress-program starting-file tape-length newer after-date files-from label exclude exclude-from exclude-tag transform xform to-command checkpoint-action info-script new-volume-script rsh-command rmt-command mode owner group mtime strip-components suffix add-file owner-map group-map index-file newer-mtime level record-size hole-detection warning sort occurrence',
  flags:
    'create extract get list append update concatenate catenate diff compare delete gzip bzip2 xz zstd lzip lzma compress auto-compress verbose to-stdout keep-old-files overwrite remove-files recursion no-recursion dereference absolute-names absolute-paths same-owner no-same-owner preserve-permissions same-permissions wildcards no-wildcards anchored checkpoint force-local multi-volume verify totals one-file-system null recursive-unlink unlink-first skip-old-files test-label',
}

/** `tar xzf a.tar dir`: letters without a dash; those with values take the words that follow, in order. */
function unbundled(args: readonly Field[]): readonly Field[] {
  const [first, ...rest] = args
  const letters = first === undefined ? undefined : literal(first.value)
  if (first === undefined || letters === undefined || !/^[A-Za-z]+$/.test(letters)) return args
  const all: Field[] = []
  let at = 0
  for (const letter of letters) {
    all.push({ ...first, value: [`-${letter}`] })
    if ('fCbgHIKLNTVXF'.includes(letter) && at < rest.length) all.push(rest[at++] as Field)
  }
  return [...all, ...rest.slice(at)]
}

const tar = (call: Call): Stream => {
  const options = call.shell.state.variables.get('TAR_OPTIONS')?.values ?? []
  let out: Stream | undefined
  for (const given of options.length === 0 ? [[]] : options) {
    const extra = split(given, ' ')
      .filter((part) => part.length > 0)
      .map((value): Field => fieldFor(call, value))
    const args = readArguments([...extra, ...unbundled(call.args)], TAR)
    const one = archived(call, args)
    out = out === undefined ? one : follow(out, one)
  }
  return out ?? FROM_PROGRAM
}

function archived(call: Call, args: Arguments): Stream {
  if (args.has('help version usage')) return FROM_PROGRAM
  const { shell } = call
  const base = args.value('C directory')
  const inside = base === undefined ? call : { ...call, shell: shell.fork({ cwd: shell.paths(base.value) }) }
  for (const code of args.values('I use-compress-program')) runOption(call, code, 'words')
  for (const code of args.values('info-script F new-volume-script')) runOption(call, code, 'shell')
  for (const code of args.values('rsh-command rmt-command')) runOption(call, code, 'words')
  for (const { value, ...field } of args.values('checkpoint-action')) {
    const source = prefix(value)
    if (source.startsWith('exec='))
      runOption(call, { ...field, value: concat([source.slice(5)], value.slice(1)) }, 'shell')
  }
  for (const file of args.values('X exclude-from')) touch(call, 'path.read', file)
  const archive = args.value('f file')
  // Each file of the archive is its input.
  for (const code of args.values('to-command'))
    runOption(
      call,
      code,
      'shell',
      archive === undefined ? call.stdin : shell.contents(shell.paths(archive.value)),
    )
  // `tar "$OPTIONS" …`: an unknown word may be any of the options.
  const opaqueMode = call.args.some(({ value }) => isOpen(value) && prefix(value) === '')
  const packs =
    args.has('c create r append u update A concatenate catenate') ||
    (opaqueMode && !args.has('x extract get t list'))
  if (args.has('x extract get')) return unpacked(call, args, archive, base)
  if (args.has('delete') && archive !== undefined) touch(call, 'path.write', archive, { note: 'edited' })
  if (!packs) {
    if (archive !== undefined) touch(call, 'path.read', archive)
    return FROM_PROGRAM
  }
  const recursive = !args.has('no-recursion')
  const members = [...args.operands, ...args.values('add-file')]
  for (const list of args.values('T files-from')) {
    touch(call, 'path.read', list)
    const listed = literal(list.value) === '-' ? call.stdin : shell.contents(shell.paths(list.value))
    const items = itemsOf(listed, 'line')
    for (const item of items ?? []) members.push({ ...list, value: item.value, open: item.open })
    if (items === undefined) members.push({ ...list, value: [{ wild: 'any' }], open: true })
  }
  const except = args
    .values('exclude')
    .flatMap(({ value }) => literal(value)?.replace(/^(?:\.\/|\*\*\/)/, '') ?? [])
  let stream: Stream = { origins: [] }
  for (const member of members) {
    touch(inside, 'path.read', member, recursive ? { recursive, except } : {})
    if (args.has('remove-files')) touch(inside, 'path.delete', member, { recursive })
    const held = inside.shell.contents(inside.shell.paths(member.value), recursive)
    stream = { origins: gathered(gathered(stream.origins, held.origins), linked(inside, member)) }
  }
  return packedTo(call, archive, stream)
}

/** Files that this text put into a directory belong to what is packed with it. */
export function linked({ shell }: Call, member: Field): readonly Origin[] {
  const { files } = shell.state
  if (files.size === 0) return []
  let origins: readonly Origin[] = []
  for (const one of shell.paths(member.value)) {
    const start = shell.keyOf(one)
    for (const [key, stream] of files)
      if (key.startsWith(`${start}/`)) origins = gathered(origins, stream.origins)
  }
  return origins
}

/** Into a file, onto another host, or to the standard output. */
function packedTo(call: Call, archive: Field | undefined, stream: Stream): Stream {
  const name = archive === undefined ? undefined : prefix(archive.value)
  if (archive === undefined || name === '-') return stream
  if (name !== undefined && /^(?:[\w.-]+@)?[\w.-]+:/.test(name)) {
    call.shell.upload(stream, archive.span, archive.value)
    return NOTHING
  }
  const descriptor = name === undefined ? null : /^\/dev\/fd\/(\d+)$/.exec(name)
  if (
    descriptor !== null &&
    call.shell.state.descriptors.get(Number(descriptor[1]))?.write?.to === 'network'
  ) {
    call.shell.upload(stream, archive.span, archive.value)
    return NOTHING
  }
  touch(call, 'path.write', archive)
  call.shell.remember(call.shell.paths(archive.value), stream, false)
  return NOTHING
}

function unpacked(call: Call, args: Arguments, archive: Field | undefined, base: Field | undefined): Stream {
  const { shell } = call
  const input =
    archive === undefined || prefix(archive.value) === '-'
      ? call.stdin
      : shell.contents(shell.paths(archive.value))
  if (archive !== undefined) touch(call, 'path.read', archive)
  // By its name inside it is that file, as it was packed.
  if (args.has('O to-stdout')) for (const name of args.operands) touch(call, 'path.read', name)
  if (args.has('O to-stdout')) return { origins: [...input.origins, { from: 'decoder' }] }
  const start: Field = base ?? fieldFor(call, ['.'])
  const top = args.value('one-top-level')
  const here = top === undefined ? start : { ...top, value: concat(start.value, ['/'], top.value) }
  const isWhole = args.operands.length === 0 && !args.has('to-command k keep-old-files skip-old-files')
  // What is in it is not known: new files below the directory, which `overwritten` is only by their names.
  for (const one of shell.paths(here.value))
    shell.emit(
      {
        verb: 'path.create',
        on: { kind: 'path', path: one },
        certainty: 'possible',
        note: 'unpacked',
        ...(base !== undefined && top === undefined && isWhole ? { over: true as const } : {}),
      },
      here.span,
    )
  // Names that begin at the root stay as they are: what comes out lands wherever the archive says.
  if (args.has('P absolute-names absolute-paths'))
    for (const one of shell.paths(['/']))
      shell.emit(
        { verb: 'path.create', on: { kind: 'path', path: one }, certainty: 'possible', note: 'unpacked' },
        call.span,
      )
  if (!args.has('transform xform strip-components')) named(call, here, args.operands)
  keepFetched(call, here, input, args.operands)
  return FROM_PROGRAM
}

/** What was in an archive from afar is code from afar where it is started: by its name, and below the directory. */
function keepFetched({ shell }: Call, base: Field, { origins }: Stream, members: readonly Field[]): void {
  if (!origins.some(({ from }) => from === 'network')) return
  const below: Field = { ...base, value: concat(base.value, ['/', { wild: 'deep' }]) }
  for (const { value } of [below, ...members])
    shell.remember(shell.paths(value), { origins: [{ from: 'network' }] }, false)
}

/** Members that are named come out under their names. */
function named(call: Call, base: Field, members: readonly Field[]): void {
  for (const member of members)
    touch(
      call,
      'path.create',
      // One that begins at the root is meant as it stands there.
      prefix(member.value).startsWith('/')
        ? member
        : { ...member, value: concat(base.value, ['/'], member.value) },
      { note: 'unpacked' },
    )
}

const zip: NonNullable<Tool['act']> = (call, args) => {
  const tested = call.args[call.args.findIndex(({ value }) => literal(value) === '-TT') + 1]
  const [archive, ...members] = args.operands.filter((one) => one !== tested || one === call.args[0])
  const test = call.args.findIndex(({ value }) => literal(value) === '-TT')
  for (const code of [
    ...args.values('unzip-command'),
    ...call.args.slice(test + 1, test === -1 ? 0 : test + 2),
  ])
    runOption(call, code, 'shell')
  const recursive = args.has('r R recurse-paths')
  let stream: Stream = { origins: [] }
  const list = args.has('@') ? (itemsOf(call.stdin, 'line') ?? []) : []
  for (const member of [
    ...members,
    ...list.map(({ value, open }): Field => ({ value, open, span: call.span })),
  ]) {
    touch(call, 'path.read', member, recursive ? { recursive } : {})
    if (args.has('m move')) touch(call, 'path.delete', member, { recursive })
    stream = {
      origins: gathered(
        gathered(stream.origins, call.shell.contents(call.shell.paths(member.value), recursive).origins),
        linked(call, member),
      ),
    }
  }
  return archive === undefined ? stream : packedTo(call, archive, stream)
}

const into =
  (option: string): NonNullable<Tool['act']> =>
  (call, args) => {
    const [archive] = args.operands
    if (archive !== undefined) touch(call, 'path.read', archive)
    if (args.has('l Z t v z')) return FROM_PROGRAM
    if (args.has('p c')) for (const name of args.operands.slice(1)) touch(call, 'path.read', name)
    if (args.has('p c'))
      return {
        origins: [...inputOf(call, archive === undefined ? [] : [archive]).origins, { from: 'decoder' }],
      }
    const to = args.value(option)
    keepFetched(
      call,
      to ?? fieldFor(call, ['.']),
      archive === undefined ? call.stdin : call.shell.contents(call.shell.paths(archive.value)),
      [],
    )
    for (const one of call.shell.paths(to?.value ?? ['.']))
      call.shell.emit(
        {
          verb: 'path.create',
          on: { kind: 'path', path: one },
          certainty: 'possible',
          note: 'unpacked',
          ...(to !== undefined && args.operands.length < 2 && !args.has('n') ? { over: true as const } : {}),
        },
        call.span,
      )
    if (option === 'd' && !args.has('j')) named(call, to ?? fieldFor(call, ['.']), args.operands.slice(1))
    return FROM_PROGRAM
  }

/** cpio reads its list of names from the standard input. */
const cpio: NonNullable<Tool['act']> = (call, args) => {
  const archive = args.value('F O file')
  if (args.has('o create p pass-through')) {
    const items = itemsOf(call.stdin, 'line')
    const members = (items ?? [{ value: [{ wild: 'any' }] as Value, open: true }]).map(
      ({ value, open }): Field => ({ value, open, span: call.span }),
    )
    let stream: Stream = { origins: [] }
    for (const member of members) {
      touch(call, 'path.read', member)
      stream = {
        origins: gathered(stream.origins, call.shell.contents(call.shell.paths(member.value)).origins),
      }
    }
    if (args.has('p pass-through')) {
      const [target] = args.operands
      if (target !== undefined) touch(call, 'path.write', target)
      return FROM_PROGRAM
    }
    return packedTo(call, archive, stream)
  }
  for (const code of args.values('rsh-command to-stdout')) runOption(call, code, 'words')
  const target = args.value('D directory') ?? fieldFor(call, ['.'])
  if (args.has('i extract r')) touch(call, 'path.create', target, { note: 'unpacked' })
  return FROM_PROGRAM
}

const sevenZip: NonNullable<Tool['act']> = (call, args) => {
  const [verb, archive, ...members] = args.operands
  const name = verb === undefined ? undefined : literal(verb.value)
  const out = args.options.find((one) => one.name.startsWith('o') && one.name !== 'o')
  if (name === 'a' || name === 'u') {
    let stream: Stream = { origins: [] }
    for (const member of members) {
      touch(call, 'path.read', member, { recursive: true })
      stream = {
        origins: gathered(
          gathered(stream.origins, call.shell.contents(call.shell.paths(member.value), true).origins),
          linked(call, member),
        ),
      }
      if (args.has('sdel')) touch(call, 'path.delete', member, { recursive: true })
    }
    return packedTo(call, archive, stream)
  }
  if (archive !== undefined)
    touch(
      call,
      name === 'd' || name === 'rn' ? 'path.write' : 'path.read',
      archive,
      name === 'd' || name === 'rn' ? { note: 'edited' } : {},
    )
  if (name === 'd')
    call.shell.emit(
      {
        verb: 'path.delete',
        on: {
          kind: 'path',
          path: call.shell.paths(archive?.value ?? [])[0] ?? { segments: [], loose: true },
        },
        note: 'member',
        certainty: 'possible',
      },
      call.span,
    )
  if (name === 'x' || name === 'e') {
    const to: Value = out === undefined ? ['.'] : [out.name.slice(1)]
    for (const one of call.shell.paths(to))
      call.shell.emit(
        { verb: 'path.create', on: { kind: 'path', path: one }, certainty: 'possible', note: 'unpacked' },
        call.span,
      )
  }
  return FROM_PROGRAM
}

const SEVEN: Tool = { names: '7z 7za 7zr 7zz p7zip', style: 'words', act: sevenZip }

export const ARCHIVES: readonly Tool[] = [
  { names: 'tar gtar bsdtar star', harmless: '', style: 'posix', act: (call) => tar(call) },
  {
    names: 'zip',
    short: 'bintxPs',
    long: 'unzip-command exclude include temp-path suffixes password',
    act: zip,
  },
  { names: 'unzip', short: 'dxP', act: into('d') },
  { names: 'unrar rar unar', short: 'o', act: into('o') },
  {
    names: 'cpio pax',
    short: 'FOIHDECMR',
    long: 'file format rsh-command directory pattern-file',
    act: cpio,
  },
  SEVEN,
  {
    names: 'ar',
    long: 'output plugin target',
    does: [
      { do: 'path.write', to: 1, least: 2, note: 'edited' },
      { do: 'path.create', to: 'option:output', note: 'unpacked' },
    ],
  },
  { names: 'jar', short: 'fmeC', does: [{ do: 'path.read', to: 'butFirst' }] },
]
