// Reads the arguments of `do` and `change new` into the shape of the contract. Files are read here, once, with a size limit.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { EnvWish, FileWish, NewChange } from '../contract/change.ts'
import type { MigrationWish } from '../contract/migration.ts'
import { SQL_NAME } from '../plans/actions/migrate.ts'
import { PATTERN_LIST, PATTERNS } from '../plans/patterns.ts'
import { readRegular } from '../sys/files.ts'
import { run } from '../sys/process.ts'
import { COMMAND_LINE } from '../words/command-line.ts'
import { type Call, flag, option, options } from './command.ts'
import { missingOption, wrongValue } from './usage.ts'

const MAX_FILE = 1_048_576

export interface ChangedParts {
  readonly files?: FileWish[]
  readonly env?: EnvWish
}

/** Patterns that people ask for and this release does not have. */
const NOT_YET: Readonly<Record<string, 'data'>> = {
  data: 'data',
}

/** The new change as typed. Throws `cli.usage` with the fault. */
export async function newChangeFrom(call: Call): Promise<NewChange> {
  const pattern = call.positionals[0]
  const later = pattern === undefined ? undefined : NOT_YET[pattern.toLowerCase()]
  if (later !== undefined)
    throw new SekishoError('cli.pattern_not_yet', {
      pattern: pattern ?? '',
      kind: later,
      service: option(call, 'service') ?? 'NAME',
    })
  const typed = PATTERN_LIST.filter((one) => PATTERNS[one].wish !== 'stage')
  const known = typed.find((one) => one === pattern)
  if (known === undefined) throw usage(call, call.terminal.pick(COMMAND_LINE.noPattern(typed, `${pattern}`)))
  const { wish } = PATTERNS[known]
  const service = option(call, 'service')
  const text = option(call, 'instruction')
  if (service === undefined) throw missingOption(call, '--service S')
  if (text === undefined || text === '')
    throw missingOption(call, call.terminal.pick(COMMAND_LINE.instruction))
  const by = option(call, 'by')
  // A person who types here gave the instruction in this terminal. An agent names the channel where it was given.
  const channel =
    option(call, 'channel') ?? (call.environment['SEKISHO_TOKEN'] === undefined ? 'terminal' : undefined)
  const verb = option(call, 'verb')
  if (verb !== undefined && ['enable', 'disable', 'mask', 'unmask', 'kill'].includes(verb))
    throw new SekishoError('cli.verb_not_yet', { verb, service })
  if (verb !== undefined && !isVerb(verb)) throw wrongValue(call, '--verb', verb, VERBS)
  if (wish === 'verb' && verb === undefined) throw missingOption(call, '--verb restart|reload|start|stop')
  if (wish === 'files' && verb !== undefined)
    throw usage(call, call.terminal.pick(COMMAND_LINE.verbIsForService(verb)))
  const rest = await revisionFrom(call)
  if (wish === 'migration' && rest.migration === undefined)
    throw missingOption(call, '--up FILE --down FILE | --by-tool')
  if (wish !== 'migration' && rest.migration !== undefined)
    throw usage(call, call.terminal.pick(COMMAND_LINE.sqlIsForSchema))
  if (wish === 'migration' && (rest.files !== undefined || rest.env !== undefined || verb !== undefined))
    throw usage(call, call.terminal.pick(COMMAND_LINE.schemaTakesSql))
  if (wish === 'files' && rest.files === undefined && rest.env === undefined)
    throw missingOption(
      call,
      '--file PATH=NEWFILE | --edit PATH | --delete PATH | --link PATH=TARGET | --set KEY=VALUE',
    )
  if (wish === 'request' && rest.request === undefined) throw missingOption(call, '--call NAME')
  if (wish === 'command' && rest.command === undefined) throw missingOption(call, '--run NAME')
  if (wish === 'verb' && (rest.files !== undefined || rest.env !== undefined))
    throw usage(call, call.terminal.pick(COMMAND_LINE.serviceTakesVerb))
  return {
    pattern: known,
    service,
    instruction: { text, ...(by === undefined ? {} : { by }), ...(channel === undefined ? {} : { channel }) },
    ...(verb === undefined ? {} : { verb }),
    ...rest,
  }
}

/** A change of code as typed: the commit is staged first. */
export async function newCodeFrom(call: Call): Promise<NewChange> {
  const [service, text] = [option(call, 'service'), option(call, 'instruction')]
  if (service === undefined) throw missingOption(call, '--service S')
  if (text === undefined || text === '')
    throw missingOption(call, call.terminal.pick(COMMAND_LINE.instruction))
  const by = option(call, 'by')
  const channel =
    option(call, 'channel') ?? (call.environment['SEKISHO_TOKEN'] === undefined ? 'terminal' : undefined)
  const { env, ...rest } = await revisionFrom(call)
  if (env !== undefined || rest.migration !== undefined || option(call, 'verb') !== undefined)
    throw usage(call, call.terminal.pick(COMMAND_LINE.codeTakesCommit))
  return {
    pattern: 'code',
    service,
    instruction: { text, ...(by === undefined ? {} : { by }), ...(channel === undefined ? {} : { channel }) },
    ...rest,
  }
}

/** Everything that a revision may change too. */
export async function revisionFrom(
  call: Call,
): Promise<Omit<NewChange, 'pattern' | 'service' | 'instruction' | 'verb'>> {
  const prose = Object.fromEntries(
    (['summary', 'reason', 'impact', 'risk'] as const).flatMap((name) => {
      const value = option(call, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const keep = option(call, 'keep')
  if (keep !== undefined && keep !== 'person' && keep !== 'proof')
    throw wrongValue(call, '--keep', keep, ['person', 'proof'])
  return {
    ...prose,
    ...notificationFrom(call),
    ...(keep === undefined ? {} : { keep }),
    ...window(call),
    ...(await changedParts(call)),
    ...(await migrationFrom(call)),
    ...(await requestFrom(call)),
    ...commandFrom(call),
  }
}

/** `--notify needed|not_needed`. */
export function notificationFrom(call: Call): Pick<NewChange, 'notification'> {
  const notify = option(call, 'notify')
  if (notify !== undefined && notify !== 'needed' && notify !== 'not_needed')
    throw wrongValue(call, '--notify', notify, ['needed', 'not_needed'])
  return notify === undefined ? {} : { notification: notify }
}

/** `--up FILE --down FILE`, or `--by-tool`; without `down` the gate refuses it and says why. */
async function migrationFrom(call: Call): Promise<{ migration?: MigrationWish }> {
  const up = option(call, 'up')
  const down = option(call, 'down')
  const database = option(call, 'database')
  if (flag(call, 'by-tool')) {
    if (up !== undefined || down !== undefined || flag(call, 'irreversible'))
      throw usage(call, call.terminal.pick(COMMAND_LINE.toolOrFiles))
    return { migration: { ...(database === undefined ? {} : { database }), tool: 'up' } }
  }
  if (up === undefined && (down !== undefined || database !== undefined))
    throw missingOption(call, '--up FILE')
  if (up === undefined) return {}
  const fileOf = async (path: string) => {
    const name = basename(path)
    if (!SQL_NAME.test(name)) throw usage(call, call.terminal.pick(COMMAND_LINE.sqlName(name)))
    return { name, base64: await readInput(call, path) }
  }
  return {
    migration: {
      ...(database === undefined ? {} : { database }),
      up: await fileOf(up),
      ...(down === undefined ? {} : { down: await fileOf(down) }),
      ...(flag(call, 'irreversible') ? { irreversible: true as const } : {}),
    },
  }
}

/** `--call NAME --param KEY=VALUE --body FILE`: what is sent is shown whole to whoever approves. */
async function requestFrom(call: Call): Promise<Pick<NewChange, 'request'>> {
  const name = option(call, 'call')
  if (name === undefined) return {}
  const textOf = async (which: string) => {
    const path = option(call, which)
    return path === undefined
      ? undefined
      : Buffer.from(await readInput(call, path), 'base64').toString('utf8')
  }
  const params = options(call, 'param').map((one) => {
    const at = one.indexOf('=')
    if (at < 1) throw wrongValue(call, '--param', one, ['KEY=VALUE'])
    return [one.slice(0, at), one.slice(at + 1)] as const
  })
  const body = await textOf('body')
  const inverseBody = await textOf('inverse-body')
  return {
    request: {
      call: name,
      params: Object.fromEntries(params),
      ...(body === undefined ? {} : { body }),
      ...(inverseBody === undefined ? {} : { inverseBody }),
      ...(flag(call, 'irreversible') ? { irreversible: true as const } : {}),
    },
  }
}

/** `--run NAME`: the words are those of the rules. */
function commandFrom(call: Call): Pick<NewChange, 'command'> {
  const name = option(call, 'run')
  if (name === undefined) return {}
  return { command: { name, ...(flag(call, 'irreversible') ? { irreversible: true as const } : {}) } }
}

const VERBS = ['restart', 'reload', 'start', 'stop'] as const
const isVerb = (verb: string): verb is (typeof VERBS)[number] => VERBS.some((one) => one === verb)

function usage(call: Call, why: string): SekishoError {
  return new SekishoError('cli.usage', { why, usage: call.usage })
}

function window(call: Call): { window?: { from: string; until: string } } {
  const from = option(call, 'from')
  const until = option(call, 'until')
  if (from === undefined && until === undefined) return {}
  const times = [from, until].map((one) => (one === undefined ? Number.NaN : Date.parse(one)))
  if (times.some(Number.isNaN)) throw usage(call, call.terminal.pick(COMMAND_LINE.windowNeedsBoth))
  return {
    window: {
      from: new Date(times[0] as number).toISOString(),
      until: new Date(times[1] as number).toISOString(),
    },
  }
}

async function changedParts(call: Call): Promise<ChangedParts> {
  const files: FileWish[] = []
  for (const one of options(call, 'file')) {
    const [path, source] = pair(call, one, '--file PATH=NEWFILE')
    files.push({ kind: 'write', path: absolute(call, path), base64: await readInput(call, source) })
  }
  for (const path of options(call, 'delete')) files.push({ kind: 'delete', path: absolute(call, path) })
  for (const one of options(call, 'link')) {
    const [path, target] = pair(call, one, '--link PATH=TARGET')
    files.push({ kind: 'link', path: absolute(call, path), target })
  }
  const edit = option(call, 'edit')
  if (edit !== undefined)
    files.push({ kind: 'write', path: absolute(call, edit), base64: await editByHand(call, edit) })
  const set = options(call, 'set').map((one) => pair(call, one, '--set KEY=VALUE'))
  const secret = options(call, 'secret').map((one) => pair(call, one, '--secret KEY=REFERENCE'))
  const unset = options(call, 'unset')
  const path = option(call, 'env')
  const env: EnvWish = {
    ...(path === undefined ? {} : { path: absolute(call, path) }),
    set: set.map(([key, value]) => ({ key, value })),
    secret: secret.map(([key, reference]) => ({ key, reference })),
    unset: [...unset],
  }
  const hasEnv = set.length + secret.length + unset.length > 0
  return { ...(files.length === 0 ? {} : { files }), ...(hasEnv ? { env } : {}) }
}

function pair(call: Call, text: string, form: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at <= 0) throw usage(call, `${form} (${text})`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function absolute(call: Call, path: string): string {
  if (!isAbsolute(path)) throw usage(call, call.terminal.pick(COMMAND_LINE.notAbsolute(path)))
  return resolve(path)
}

/** `-` is standard input. */
async function readInput(call: Call, source: string): Promise<string> {
  if (source === '-') {
    const bytes = await call.stdin()
    if (bytes.length > MAX_FILE) throw new SekishoError('file.too_large', { path: '-', limit: MAX_FILE })
    return bytes.toString('base64')
  }
  const read = await readRegular(resolve(source), MAX_FILE)
  if (read === undefined) throw new SekishoError('file.unreadable', { path: source, why: 'ENOENT' })
  return read.bytes.toString('base64')
}

/** Opens the person's editor on a copy. The live file is not opened. */
async function editByHand(call: Call, path: string): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'sekisho-edit-'))
  try {
    const copy = join(scratch, basename(path))
    const read = await readRegular(path, MAX_FILE)
    await writeFile(copy, read?.bytes ?? '', { mode: 0o600 })
    const editor = call.environment['VISUAL'] ?? call.environment['EDITOR'] ?? 'vi'
    const result = await run(['sh', '-c', `exec ${editor} "$1" </dev/tty >/dev/tty 2>&1`, 'sh', copy], {
      env: {
        ...(call.environment['HOME'] === undefined ? {} : { HOME: call.environment['HOME'] }),
        TERM: call.environment['TERM'] ?? 'dumb',
      },
      timeoutMs: 86_400_000,
      inheritTerminal: true,
    })
    if (result.code !== 0)
      throw new SekishoError('process.failed', {
        program: editor,
        why: `${result.code ?? result.signal ?? result.notStarted}`,
      })
    return (await readFile(copy)).toString('base64')
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
