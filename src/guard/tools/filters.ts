// Programs that read and transform what they are given.
import type { Arguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { isMarked } from '../mark.ts'
import { environmentOf } from '../reveal.ts'
import type { Call } from '../shell.ts'
import { ENDLESS, FROM_CODE, FROM_PROGRAM, known, type Stream, wordedBy } from '../stream.ts'
import { inputOf, perform, type Sub, type Tool, touch } from '../tool.ts'
import { COMPONENT, literal, prefix, type Value } from '../value.ts'
import { runOption } from './options.ts'

/** A known text through a function of it; where it came from stays. */
export function mapped(input: Stream, change: (source: string) => string | undefined): Stream {
  if (input.texts === undefined || isMarked(input)) return input
  const texts: Value[] = []
  for (const value of input.texts) {
    const source = literal(value)
    const changed = source === undefined ? undefined : change(source)
    if (changed === undefined) return input.origins.length > 0 ? { origins: input.origins } : FROM_CODE
    texts.push([changed])
  }
  return { ...known(...texts), origins: input.origins }
}

const readsFiles: NonNullable<Tool['does']> = [{ do: 'path.read' }]

/** The first or last lines or bytes of a known text. */
const part =
  (from: 'head' | 'tail'): NonNullable<Tool['act']> =>
  (call, args) => {
    const input = inputOf(call, args.operands)
    const bytes = count(args, 'c bytes')
    const lines = count(args, 'n lines') ?? (bytes === undefined ? old(args) : undefined)
    if (bytes === undefined && lines === undefined) return input
    return mapped(input, (source) => {
      if (bytes !== undefined)
        return from === 'head' ? source.slice(0, bytes) : bytes === 0 ? '' : source.slice(-bytes)
      const all = source.split('\n')
      const ended = all.at(-1) === ''
      if (ended) all.pop()
      const some = from === 'head' ? all.slice(0, lines) : lines === 0 ? [] : all.slice(-(lines ?? 10))
      return some.map((line) => `${line}\n`).join('')
    })
  }

const count = (args: Arguments, names: string): number | undefined => {
  const value = args.value(names)
  const plain = value === undefined ? undefined : literal(value.value)
  return plain !== undefined && /^\d{1,6}$/.test(plain) ? Number(plain) : undefined
}
/** `head -5` */
const old = (args: Arguments): number | undefined => {
  const digits = args.options.filter(({ name }) => /^\d$/.test(name)).map(({ name }) => name)
  return digits.length === 0 ? undefined : Number(digits.join(''))
}

const cut: NonNullable<Tool['act']> = (call, args) => {
  const input = inputOf(call, args.operands)
  const fields = literal(args.value('f fields')?.value ?? [])
  const characters = literal(args.value('c characters b bytes')?.value ?? [])
  const delimiter = literal(args.value('d delimiter')?.value ?? ['\t']) ?? '\t'
  const range = /^(\d*)(-?)(\d*)$/.exec((args.has('f fields') ? fields : characters) ?? '?')
  if (range === null || args.has('complement')) return mapped(input, () => undefined)
  const first = Number(range[1] === '' ? 1 : range[1]) - 1
  const last = range[2] === '' ? first + 1 : range[3] === '' ? undefined : Number(range[3])
  return mapped(input, (source) =>
    source
      .split('\n')
      .map((line) =>
        args.has('f fields')
          ? line.includes(delimiter)
            ? line.split(delimiter).slice(first, last).join(delimiter)
            : line
          : line.slice(first, last),
      )
      .join('\n'),
  )
}

/** Lines of one input beside each other: all of them, or as many as it is named. */
const paste: NonNullable<Tool['act']> = (call, args) => {
  const input = inputOf(call, args.operands)
  const named = args.operands.filter(({ value }) => literal(value) === '-').length
  if (named < args.operands.length && args.operands.length > 1) return mapped(input, () => undefined)
  const delimiter = literal(args.value('d delimiters')?.value ?? ['\t'])
  if (delimiter === undefined) return mapped(input, () => undefined)
  const between = delimiter === '\\n' ? '\n' : delimiter === '\\0' ? '' : delimiter.slice(0, 1)
  return mapped(input, (source) => {
    const lines = source.replace(/\n$/, '').split('\n')
    const count = args.has('s serial') ? lines.length : Math.max(1, named)
    const rows = Math.ceil(lines.length / count)
    return Array.from(
      { length: rows },
      (_, i) => `${lines.slice(i * count, (i + 1) * count).join(between)}\n`,
    ).join('')
  })
}

/** The characters of a set of tr: ranges, classes and escapes. */
function setOf(source: string): readonly string[] | undefined {
  const all: string[] = []
  const plain = source
    .replaceAll('[:lower:]', 'a-z')
    .replaceAll('[:upper:]', 'A-Z')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:space:]', ' \\t\\n')
    .replaceAll(/\\([ntr\\])/g, (_, one: string) => ({ n: '\n', t: '\t', r: '\r' })[one] ?? '\\')
  if (plain.includes('[:') || plain.length > 256) return undefined
  for (let i = 0; i < plain.length; i++) {
    const from = plain.charCodeAt(i)
    if (plain[i + 1] === '-' && i + 2 < plain.length) {
      const to = plain.charCodeAt(i + 2)
      if (to < from || to - from > 255) return undefined
      for (let code = from; code <= to; code++) all.push(String.fromCharCode(code))
      i += 2
    } else all.push(plain[i] as string)
  }
  return all
}

/** How many letters a set of `tr` speaks of; a range is two. */
const letters = (set = ''): number => set.replaceAll(/\[:\w+:\]|\\./g, '').replaceAll(/[^A-Za-z]/g, '').length
const foldsCase = (one = '', two = ''): boolean =>
  one !== two && one.toLowerCase().replace('lower', 'upper') === two.toLowerCase().replace('lower', 'upper')

/** Letters are changed for others: what was a text is one no more, and nobody sees which it will be. */
const scrambled = (input: Stream): Stream =>
  input.texts === undefined ? { origins: [...input.origins, { from: 'decoder' }] } : input

const tr: NonNullable<Tool['act']> = (call, args) => {
  const [one, two] = args.operands.map(({ value }) => literal(value))
  const from = one === undefined ? undefined : setOf(one)
  const to = two === undefined ? undefined : setOf(two)
  const turns = to !== undefined && !args.has('d delete') && letters(one) > 1 && letters(two) > 1
  return mapped(turns && !foldsCase(one, two) ? scrambled(call.stdin) : call.stdin, (source) => {
    if (from === undefined || args.has('c C complement t truncate-set1')) return undefined
    const deletes = args.has('d delete')
    const squeezes = args.has('s squeeze-repeats')
    if (!deletes && to === undefined && !squeezes) return undefined
    const places = new Map(from.map((character, i) => [character, i]))
    let out = ''
    for (const character of source) {
      const at = places.get(character)
      if (at === undefined) out += character
      else if (!deletes) {
        const put = to === undefined ? character : (to[Math.min(at, to.length - 1)] ?? '')
        if (!squeezes || !out.endsWith(put)) out += put
      }
    }
    return out
  })
}

const sort: NonNullable<Tool['act']> = (call, args) => {
  const compress = args.value('compress-program')
  if (compress !== undefined) runOption(call, compress, 'program')
  const input = inputOf(call, args.operands)
  const out = args.value('o output')
  if (out === undefined) return input
  call.shell.remember(call.shell.paths(out.value), input, false)
  return FROM_PROGRAM
}

const first =
  (from: number): NonNullable<Tool['act']> =>
  (call, args) => {
    const files = args.operands.slice(from)
    for (const file of files) touch(call, 'path.read', file)
    return inputOf(call, files)
  }

/** `"rm \\(.name)"`: a line that begins with a word of its own, and goes on with what comes in. */
const INTERPOLATED = /"\s*[A-Za-z][\w./-]* [^"]*\\\(/

const JQ: Sub = {
  short: 'fL',
  long: 'from-file library-path indent',
  harmless: 'h help V version build-configuration',
  does: [
    { do: 'path.read', to: 'butFirst', unless: 'f from-file args jsonargs' },
    { do: 'path.read', when: 'f from-file', unless: 'args jsonargs' },
    { do: 'path.read', to: 'option:f from-file' },
  ],
  act: (call, args) => {
    const isFile = args.has('f from-file')
    const out = inputOf(call, args.operands.slice(isFile ? 0 : 1))
    const [expression] = args.operands
    const makes = !isFile && expression !== undefined && INTERPOLATED.test(prefix(expression.value))
    return makes && args.has('r raw-output j join-output') ? wordedBy(out) : out
  },
}

/** `--arg name value` and its kin have two values each; two of them name a file. */
function withoutPairs(call: Call): Call {
  const args: Field[] = []
  for (let i = 0; i < call.args.length; i++) {
    const field = call.args[i] as Field
    const option = literal(field.value)
    if (option === '--arg' || option === '--argjson') i += 2
    else if (option === '--slurpfile' || option === '--rawfile') {
      i += 2
      const file = call.args[i]
      if (file !== undefined) touch(call, 'path.read', file)
    } else args.push(field)
  }
  return { ...call, args }
}

export const FILTERS: readonly Tool[] = [
  { names: 'cat tac nl gcat ccat', writes: 'input', endless: true, does: readsFiles },
  { names: 'yes gyes', endless: true, act: () => ENDLESS },
  {
    names: 'rev',
    does: readsFiles,
    act: (call, args) =>
      mapped(scrambled(inputOf(call, args.operands)), (source) =>
        source
          .split('\n')
          .map((line) => Array.from(line).toReversed().join(''))
          .join('\n'),
      ),
  },
  { names: 'head ghead', short: 'nc', long: 'lines bytes', does: readsFiles, act: part('head') },
  {
    names: 'tail gtail',
    short: 'ncs',
    long: 'lines bytes pid sleep-interval max-unchanged-stats',
    does: readsFiles,
    act: part('tail'),
  },
  {
    names: 'cut gcut',
    short: 'bcdf',
    long: 'bytes characters delimiter fields output-delimiter',
    does: readsFiles,
    act: cut,
  },
  { names: 'tr gtr', endless: true, act: tr },
  {
    names: 'sort gsort',
    short: 'kotSTb',
    attached: '',
    long: 'key output field-separator buffer-size temporary-directory compress-program files0-from parallel batch-size random-source sort',
    flags:
      'check debug dictionary-order unique reverse numeric-sort stable merge zero-terminated ignore-case version-sort human-numeric-sort month-sort random-sort ignore-leading-blanks ignore-nonprinting general-numeric-sort',
    does: [
      ...readsFiles,
      { do: 'path.write', to: 'option:o output' },
      { do: 'path.read', to: 'option:files0-from random-source' },
    ],
    act: sort,
  },
  {
    names: 'uniq guniq',
    short: 'fsw',
    long: 'skip-fields skip-chars check-chars',
    does: [
      { do: 'path.read', to: 'first' },
      { do: 'path.write', to: 1 },
    ],
    act: (call, args) => inputOf(call, args.operands.slice(0, 1)),
  },
  { names: 'wc', long: 'files0-from', does: [...readsFiles, { do: 'path.read', to: 'option:files0-from' }] },
  { names: 'paste', short: 'd', long: 'delimiters', does: readsFiles, act: paste },
  { names: 'join', short: 'aejotv12', writes: 'input', does: readsFiles },
  { names: 'comm diff3 sdiff colordiff cmp vimdiff', writes: 'input', does: readsFiles },
  {
    names: 'diff gdiff icdiff',
    short: 'ICUFSXWLxTq',
    long: 'ignore-matching-lines context unified exclude exclude-from starting-file label horizon-lines width from-file to-file color palette',
    writes: 'input',
    does: readsFiles,
  },
  {
    names: 'column',
    short: 'cosNRTHWOlrpin',
    long: 'output-width separator output-separator table-columns table-columns-limit table-right table-truncate table-hide table-wrap table-order table-name tree tree-id tree-parent',
    writes: 'input',
    does: readsFiles,
  },
  { names: 'tsort', writes: 'input', does: readsFiles },
  {
    names: 'fold fmt expand unexpand pr',
    endless: true,
    short: 'wtsobco',
    long: 'width tabs',
    writes: 'input',
    does: readsFiles,
  },
  {
    names: 'iconv',
    short: 'fto',
    long: 'from-code to-code output',
    writes: 'input',
    does: [...readsFiles, { do: 'path.write', to: 'option:o output' }],
  },
  {
    names: 'od hd',
    short: 'AjNStw',
    long: 'address-radix skip-bytes read-bytes strings format width',
    does: readsFiles,
    writes: 'input',
  },
  { names: 'hexdump', short: 'efns', does: readsFiles, writes: 'input' },
  {
    names: 'strings gstrings',
    short: 'nteTsU',
    long: 'bytes radix encoding target output-separator unicode',
    does: readsFiles,
    writes: 'input',
  },
  {
    names: 'md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum shasum md5 crc32',
    short: 'a',
    long: 'algorithm length',
    does: readsFiles,
  },
  { names: 'jq gojq jaq', harmless: '', act: (call) => perform(JQ, withoutPairs(call)) },
  {
    names: 'yq',
    short: 'oPpI',
    long: 'output-format input-format indent from-file',
    does: [
      { do: 'path.read', to: 'butFirst' },
      { do: 'path.write', to: 'last', when: 'i inplace in-place', least: 2, note: 'edited' },
    ],
  },
  {
    names: 'xmllint xmlstarlet htmlq pup csvkit csvcut mlr',
    writes: 'input',
    does: [{ do: 'path.read', to: 'last' }],
  },
  {
    names: 'date gdate',
    short: 'dfrs',
    long: 'date file reference set iso-8601 rfc-3339',
    does: [{ do: 'path.read', to: 'option:f file' }],
    act: (_call, args) => {
      // Digits and names, unless the format has slashes of its own.
      const format = args.operands.map(({ value }) => literal(value) ?? '/').join('')
      return /[/Dx]/.test(format) ? FROM_PROGRAM : known([COMPONENT, '\n'])
    },
  },
  { names: 'whoami uname nproc uuidgen arch logname tty', act: () => known([COMPONENT, '\n']) },
  { names: 'nm objdump readelf ldd otool size', does: readsFiles },
  {
    names: 'shuf',
    short: 'enioO',
    long: 'head-count output random-source input-range',
    does: [...readsFiles, { do: 'path.write', to: 'option:o output' }],
    writes: 'input',
  },
  {
    names: 'pv',
    endless: true,
    short: 'dFLBsNiHRw',
    long: 'rate-limit buffer-size size name interval',
    does: readsFiles,
    writes: 'input',
  },
  { names: 'look', act: first(1) },
  { names: 'dos2unix unix2dos', does: [{ do: 'path.write', note: 'edited' }] },
  {
    names: 'tsort factor seq yes sleep printenv',
    harmless: 'help version',
    act: (call, { operands }) =>
      literal(call.name.value) === 'printenv' ? environmentOf(call, operands) : FROM_PROGRAM,
  },
]
