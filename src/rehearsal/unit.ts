// What a unit starts, as PID 1 says it over D-Bus (`systemctl show` loses quoting): programs, environment, user, directories. Read as values, so that a room can
// start the same without systemd. Whatever of the unit a room does not do is named.
import { SekishoError } from '../base/error.ts'
import { isObject, parseJson } from '../base/json.ts'
import type { run } from '../sys/process.ts'
import type { HeldSocket } from './protocol.ts'

export interface UnitProgram {
  readonly path: string
  readonly argv: readonly string[]
  /** An end with a failure is no failure of the unit (`-`). */
  readonly mayFail: boolean
  /** `$VAR` stays as it is (`:`). */
  readonly asWritten: boolean
}

export interface UnitDirectory {
  /** Absolute. */
  readonly path: string
  readonly mode: number
  /** The variable that names it for the service. */
  readonly variable: string
}

export interface RehearsedUnit {
  readonly name: string
  readonly type: string
  readonly before: readonly UnitProgram[]
  readonly start: readonly UnitProgram[]
  /** Empty: root. */
  readonly user: string
  readonly group: string
  readonly environment: readonly string[]
  readonly environmentFiles: readonly { readonly path: string; readonly optional: boolean }[]
  readonly unset: readonly string[]
  /** Empty: `/`. */
  readonly workingDirectory: string
  readonly directories: readonly UnitDirectory[]
  /** Paths that it may write although the system is read-only for it. */
  readonly writable: readonly string[]
  readonly stopSignal: number
  readonly stopMs: number
  readonly startMs: number
  /** Settings that are in force on the host and not in a room. */
  readonly notApplied: readonly string[]
  /** Of socket units that start it: PID 1 holds them while the service is replaced. */
  readonly sockets?: readonly HeldSocket[]
}

const BUS = ['busctl', '--json=short', '--no-pager', 'call', 'org.freedesktop.systemd1'] as const
const TIMEOUT_MS = 20_000
const OUTPUT = 4_194_304

/** Throws process.* where systemd does not answer, or answers what this does not understand. */
export async function readRehearsedUnit(
  name: string,
  c: { readonly run: typeof run; readonly signal?: AbortSignal },
): Promise<RehearsedUnit> {
  const argv = [
    ...BUS,
    objectPath(name),
    'org.freedesktop.DBus.Properties',
    'GetAll',
    's',
    'org.freedesktop.systemd1.Service',
  ]
  const result = await c.run(argv, {
    timeoutMs: TIMEOUT_MS,
    maxOutput: OUTPUT,
    ...(c.signal === undefined ? {} : { signal: c.signal }),
  })
  const failed = (why: string) => new SekishoError('process.failed', { program: `busctl ${name}`, why })
  if (result.code !== 0) throw failed(result.notStarted ?? result.stderr.trim().slice(0, 500))
  const unit = unitOf(name, result.stdout)
  if (unit === undefined) throw failed('GetAll')
  const { sockets, notApplied } = await socketsOf(name, c)
  return {
    ...unit,
    notApplied: [...unit.notApplied, ...notApplied],
    ...(sockets.length === 0 ? {} : { sockets }),
  }
}

/** Sockets of the units that trigger it, as PID 1 holds them. What a room cannot hold is named. */
async function socketsOf(name: string, c: { readonly run: typeof run; readonly signal?: AbortSignal }) {
  const ask = async (unit: string, face: string) => {
    const argv = [...BUS, objectPath(unit), 'org.freedesktop.DBus.Properties', 'GetAll', 's', face]
    const options = {
      timeoutMs: TIMEOUT_MS,
      maxOutput: OUTPUT,
      ...(c.signal === undefined ? {} : { signal: c.signal }),
    }
    const result = await c.run(argv, options)
    return (result.code === 0 ? propertiesOf(result.stdout) : undefined) ?? new Map<string, unknown>()
  }
  const triggers = asWords((await ask(name, 'org.freedesktop.systemd1.Unit')).get('TriggeredBy'))
  const sockets: HeldSocket[] = []
  const notApplied: string[] = []
  for (const one of triggers) {
    if (!one.endsWith('.socket')) {
      notApplied.push(one)
      continue
    }
    const held = heldSockets(one, await ask(one, 'org.freedesktop.systemd1.Socket'))
    if (held === undefined) notApplied.push(one)
    else sockets.push(...held)
  }
  return { sockets, notApplied }
}

/** Undefined: not all of them are streams of one address or path, or each connection gets a process of its own. Total. */
export function heldSockets(
  unit: string,
  properties: ReadonlyMap<string, unknown>,
): readonly HeldSocket[] | undefined {
  const listens = asList(properties.get('Listen'))
  if (listens.length === 0 || properties.get('Accept') === true) return undefined
  const name = asText(properties.get('FileDescriptorName')) || unit
  const sockets = listens.map((one): HeldSocket | undefined => {
    const [type, address] = asWords(one)
    if (type !== 'Stream' || address === undefined) return undefined
    if (address.startsWith('/')) return { name, path: address }
    const [, v6, v4, port] = /^(?:\[([0-9a-f:]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(address) ?? []
    const host = v6 ?? v4
    return host === undefined ? undefined : { name, host, port: Number(port) }
  })
  return sockets.every((one) => one !== undefined) ? sockets : undefined
}

/** As systemd writes a unit's name into a path of the bus. */
export function objectPath(name: string): string {
  const label = [...Buffer.from(name)]
    .map((byte, i) => {
      const char = String.fromCharCode(byte)
      const stays = i === 0 ? /[A-Za-z]/.test(char) : /[A-Za-z0-9]/.test(char)
      return stays ? char : `_${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
  return `/org/freedesktop/systemd1/unit/${label}`
}

const DIRECTORIES = [
  ['RuntimeDirectory', '/run', 'RUNTIME_DIRECTORY'],
  ['StateDirectory', '/var/lib', 'STATE_DIRECTORY'],
  ['CacheDirectory', '/var/cache', 'CACHE_DIRECTORY'],
  ['LogsDirectory', '/var/log', 'LOGS_DIRECTORY'],
  ['ConfigurationDirectory', '/etc', 'CONFIGURATION_DIRECTORY'],
] as const

/** Properties by which a service may behave otherwise on the host than in a room: what counts as in force is not the default. */
const NOT_APPLIED: readonly (readonly [name: string, isDefault: (value: unknown) => boolean])[] = [
  ['LoadCredential', isEmpty],
  ['SetCredential', isEmpty],
  ['RootDirectory', isEmpty],
  ['BindPaths', isEmpty],
  ['TemporaryFileSystem', isEmpty],
  ['AmbientCapabilities', isZero],
  ['SupplementaryGroups', isEmpty],
  ['DynamicUser', (value) => value !== true],
  ['UMask', (value) => value === 0o022 || value === undefined],
  ['PAMName', isEmpty],
  ['ExecStartPost', isEmpty],
  ['ExecReload', isEmpty],
  ['WatchdogUSec', isZero],
]

/** Of the answer of `GetAll`. Undefined where it is no such answer. Total. */
export function unitOf(name: string, text: string): RehearsedUnit | undefined {
  const properties = propertiesOf(text)
  if (properties === undefined) return undefined
  const value = (key: string) => properties.get(key)
  const word = (key: string) => asText(value(key))
  const words = (key: string) => asWords(value(key))
  const start = programs(value('ExecStartEx'))
  if (start.length === 0) return undefined
  const type = word('Type') || 'simple'
  return {
    name,
    type,
    before: [...programs(value('ExecConditionEx')), ...programs(value('ExecStartPreEx'))],
    start,
    user: word('User'),
    group: word('Group'),
    environment: words('Environment'),
    environmentFiles: asList(value('EnvironmentFiles')).flatMap((one) =>
      Array.isArray(one) && typeof one[0] === 'string' ? [{ path: one[0], optional: one[1] === true }] : [],
    ),
    unset: words('UnsetEnvironment'),
    workingDirectory: word('WorkingDirectory').replace(/^[!-]/, ''),
    directories: DIRECTORIES.flatMap(([key, above, variable]) =>
      words(key).map((one) => ({
        path: `${above}/${one.split(':')[0] ?? one}`,
        mode: asNumber(value(`${key}Mode`)) ?? 0o755,
        variable,
      })),
    ),
    writable: words('ReadWritePaths')
      .map((one) => one.replace(/^[+-]+/, ''))
      .filter((one) => one.startsWith('/')),
    stopSignal: asNumber(value('KillSignal')) ?? 15,
    stopMs: span(value('TimeoutStopUSec'), 90_000),
    startMs: span(value('TimeoutStartUSec'), 90_000),
    notApplied: [
      ...(type === 'notify' || type === 'notify-reload' ? ['Type=notify'] : []),
      ...NOT_APPLIED.filter(([key, isDefault]) => properties.has(key) && !isDefault(value(key))).map(
        ([key]) => key,
      ),
    ],
  }
}

function propertiesOf(text: string): ReadonlyMap<string, unknown> | undefined {
  let answer: unknown
  try {
    answer = parseJson(text)
  } catch {
    return undefined
  }
  const all = isObject(answer) && Array.isArray(answer['data']) ? (answer['data'][0] as unknown) : undefined
  if (!isObject(all)) return undefined
  return new Map(
    Object.entries(all).map(([key, one]) => [key, isObject(one) ? one['data'] : undefined] as const),
  )
}

function programs(value: unknown): readonly UnitProgram[] {
  return asList(value).flatMap((one) => {
    if (!Array.isArray(one)) return []
    const [path, argv, flags] = one as readonly unknown[]
    const words = asWords(argv)
    if (typeof path !== 'string' || words.length === 0) return []
    const set = asWords(flags)
    return [
      {
        path,
        argv: words,
        mayFail: set.includes('ignore-failure'),
        asWritten: set.includes('no-env-expand'),
      },
    ]
  })
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function asWords(value: unknown): readonly string[] {
  return asList(value).filter((one): one is string => typeof one === 'string')
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

function isZero(value: unknown): boolean {
  return value === undefined || value === 0
}

const SPAN_MAX = 600_000

/** Microseconds; infinity is a number that no double holds. */
function span(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value > 0 ? Math.min(value / 1000, SPAN_MAX) : otherwise
}

/** The argv that systemd would start: `$VAR` alone becomes no, one or several words, `${VAR}` is put in where it stands, `$$` is a dollar. */
export function expandWords(
  program: UnitProgram,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const [, ...rest] = program.argv
  if (program.asWritten) return [program.path, ...rest]
  const value = (name: string) => (Object.hasOwn(environment, name) ? (environment[name] ?? '') : '')
  return [
    program.path,
    ...rest.flatMap((word) => {
      const alone = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word)?.[1]
      if (alone !== undefined)
        return value(alone)
          .split(/\s+/)
          .filter((one) => one !== '')
      return [
        word.replace(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string | undefined) =>
          whole === '$$' ? '$' : value(name ?? ''),
        ),
      ]
    }),
  ]
}
