// Reads and sets user attributes and POSIX ACLs of open files. Node has no call for them: `getfattr` and its three siblings get descriptors and
// never a name, so that nothing can be swapped and nothing needs quoting. One call of each program for a batch. Only user.* is read, never
// security.* or trusted.* (backup.md §0).
import { SekishoError } from '../base/error.ts'
import type { ProcessResult, run } from '../sys/process.ts'
import { realPath } from './openat.ts'

export interface Extra {
  /** user.* alone, values in base64. */
  readonly attributes: Readonly<Record<string, string>>
  /** `u::rw-,u:1000:r--,…`, then the default terms with `d:`. Absent: none beyond the mode. */
  readonly acl?: string
}

export const NOTHING_EXTRA: Extra = { attributes: {} }

/** Descriptors for one call of a program. */
export const BATCH = 256
const FIRST = 3
const MAX_OUTPUT = 64 * 1_048_576
const LIMIT_MS = 120_000

const GETFATTR = ['getfattr', '-d', '-m', '^user\\.', '-e', 'base64', '--absolute-names']
const GETFACL = ['getfacl', '-n', '-p', '-E', '-s']

/** Undefined where the programs are not installed: then nothing is recorded in the manifest. */
export async function readExtras(
  process: typeof run,
  fds: readonly number[],
): Promise<readonly Extra[] | undefined> {
  const found: Extra[] = []
  for (let at = 0; at < fds.length; at += BATCH) {
    const batch = fds.slice(at, at + BATCH)
    const [attributes, acls] = await Promise.all([
      ask(process, GETFATTR, batch),
      ask(process, GETFACL, batch),
    ])
    if (attributes === undefined || acls === undefined) return undefined
    const acl = sections(acls)
    const attribute = sections(attributes)
    for (let i = 0; i < batch.length; i++) {
      const terms = aclOf(acl.get(i) ?? [])
      found.push({
        attributes: attributesOf(attribute.get(i) ?? []),
        ...(terms === '' ? {} : { acl: terms }),
      })
    }
  }
  return found
}

async function ask(
  process: typeof run,
  argv: readonly string[],
  fds: readonly number[],
): Promise<string | undefined> {
  const result = await process([...argv, ...fds.map((_, i) => `/proc/self/fd/${FIRST + i}`)], {
    descriptors: fds,
    maxOutput: MAX_OUTPUT,
    killOnOverflow: true,
    timeoutMs: LIMIT_MS,
  })
  if (result.notStarted === 'ENOENT') return undefined
  const silent = result.stderr
    .split('\n')
    .every((line) => line === '' || line.endsWith('Operation not supported'))
  // getfattr exits 0 for a file whose attribute it could not read: its stderr has to be read.
  if (result.overflowed || result.timedOut || !silent || result.code === undefined)
    throw failed(argv[0] ?? '', result, fds)
  return Buffer.from(result.stdoutBytes).toString('latin1')
}

/**
 * Names below an open directory that had an attribute or ACL, by one call of each program for the whole tree. Only a hint where to look, because
 * these two use names that somebody may swap; the named files are then read by descriptor. Undefined: not reliable, look at every file.
 * Both programs have opened the directory when the call returns, before the promise is settled.
 */
export async function whereExtras(
  process: typeof run,
  root: number,
  signal?: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const found = new Set<string>()
  const start = `/proc/self/fd/${FIRST}/.`
  const results = await Promise.all(
    [
      ['getfattr', '-R', '-P', '-m', '^user\\.', '--absolute-names', start],
      ['getfacl', '-R', '-P', '-n', '-p', '-s', start],
    ].map((argv) =>
      process(argv, {
        descriptors: [root],
        maxOutput: MAX_OUTPUT,
        killOnOverflow: true,
        timeoutMs: LIMIT_MS,
        ...(signal === undefined ? {} : { signal }),
      }),
    ),
  )
  for (const result of results) {
    if (result.code !== 0 || result.overflowed || result.stderr !== '') return undefined
    for (const line of Buffer.from(result.stdoutBytes).toString('latin1').split('\n'))
      if (line.startsWith(`# file: ${start}`)) found.add(unquoted(line.slice(`# file: ${start}/`.length)))
  }
  return found
}

/** Both programs write line ends and backslashes of a name as `\012`. */
function unquoted(written: string): string {
  return written.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}

/** The program prints the path of the descriptor. This finds the entry for it. */
function failed(program: string, result: ProcessResult, fds: readonly number[]): SekishoError {
  const nameOf = (number: string) => realPath(fds[Number(number) - FIRST] ?? -1)
  const [, first = ''] = /\/proc\/self\/fd\/(\d+)/.exec(result.stderr) ?? []
  const said =
    result.stderr
      .replace(/\/proc\/self\/fd\/(\d+)/g, (whole, number: string) => nameOf(number) ?? whole)
      .trim()
      .slice(0, 300) || `exit ${result.code ?? result.signal ?? result.notStarted}`
  return new SekishoError('backup.attributes_failed', {
    path: nameOf(first) ?? program,
    why: result.timedOut ? 'timeout' : said,
  })
}

/** Lines below each `# file: /proc/self/fd/N`, by the place of N in the batch. */
function sections(text: string): Map<number, string[]> {
  const found = new Map<number, string[]>()
  let lines: string[] = []
  for (const line of text.split('\n')) {
    const head = /^# file: \/proc\/self\/fd\/(\d+)$/.exec(line)
    if (head !== null) {
      lines = []
      found.set(Number(head[1]) - FIRST, lines)
    } else if (line !== '' && !line.startsWith('#')) lines.push(line)
  }
  return found
}

function attributesOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => {
      const equals = line.indexOf('=')
      // A name without a value is an attribute of no bytes.
      const name = nameOf(equals === -1 ? line : line.slice(0, equals))
      return [name, equals === -1 ? '' : line.slice(equals + 1).replace(/^0s/, '')]
    }),
  )
}

/** getfattr writes `=`, line ends and backslashes of a name as `\075`. */
function nameOf(written: string): string {
  const bytes = Buffer.from(unquoted(written), 'latin1')
  const name = bytes.toString('utf8')
  if (!Buffer.from(name).equals(bytes))
    throw new SekishoError('backup.attributes_failed', { path: written, why: 'a name that is not UTF-8' })
  return name
}

const SHORT: Readonly<Record<string, string>> = { user: 'u', group: 'g', mask: 'm', other: 'o' }
const LONG: Readonly<Record<string, string>> = { u: 'user', g: 'group', m: 'mask', o: 'other' }

function aclOf(lines: readonly string[]): string {
  const terms = lines.map((line) => {
    const isDefault = line.startsWith('default:')
    const [kind = '', who = '', may = ''] = line.slice(isDefault ? 8 : 0).split(':')
    return `${isDefault ? 'd:' : ''}${SHORT[kind] ?? kind}:${who}:${may.slice(0, 3)}`
  })
  return terms.join(',')
}

export interface ToGive extends Extra {
  readonly fd: number
}

/** Sets on open files what `readExtras` has read. The programs are needed only where there is something to set. */
export async function giveExtras(process: typeof run, files: readonly ToGive[]): Promise<void> {
  for (let at = 0; at < files.length; at += BATCH) {
    const batch = files.slice(at, at + BATCH)
    await give(process, ['setfacl', '--restore=-'], batch, ({ acl }) => acl?.split(',').map(aclLine) ?? [])
    await give(process, ['setfattr', '--restore=-'], batch, ({ attributes }) =>
      Object.entries(attributes).map(([name, value]) => `${escaped(name)}=0s${value}`),
    )
  }
}

async function give(
  process: typeof run,
  argv: readonly string[],
  files: readonly ToGive[],
  linesOf: (file: ToGive) => readonly string[],
): Promise<void> {
  const some = files
    .map((file) => ({ fd: file.fd, lines: linesOf(file) }))
    .filter(({ lines }) => lines.length > 0)
  if (some.length === 0) return
  const input = some
    .map(({ lines }, i) => `# file: /proc/self/fd/${FIRST + i}\n${lines.join('\n')}\n\n`)
    .join('')
  const result = await process(argv, {
    descriptors: some.map(({ fd }) => fd),
    input: Buffer.from(input, 'latin1'),
    timeoutMs: LIMIT_MS,
  })
  // Neither program fails for every line it did not accept: its stderr has to be read.
  if (result.code !== 0 || result.stderr.trim() !== '')
    throw failed(
      argv[0] ?? '',
      result,
      some.map(({ fd }) => fd),
    )
}

function escaped(name: string): string {
  return Buffer.from(name)
    .toString('latin1')
    .replace(/[=\\\n\r]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

function aclLine(term: string): string {
  const isDefault = term.startsWith('d:')
  const [kind = '', who = '', may = ''] = term.slice(isDefault ? 2 : 0).split(':')
  return `${isDefault ? 'default:' : ''}${LONG[kind] ?? kind}:${who}:${may}`
}
