// Which property of `systemctl show` tells that a setting is in force, and whether what it shows is what was planned.

type Kind =
  | 'text'
  | 'boolean'
  | 'number'
  | 'time'
  | 'bytes'
  | 'limit'
  | 'percent'
  | 'words'
  | 'dependencies'
  | 'command'

export interface ReadBack {
  /** `Service.MemoryMax`. */
  readonly setting: string
  /** Name for `systemctl show --property=`. */
  readonly property: string
  readonly kind: Kind
  /** Planned values in force, in order; scalars count by their last. */
  readonly planned: readonly string[]
}

/** Key → [property, kind]; the property is called like the key where only the kind stands here. */
const PROPERTIES: Readonly<Record<string, Kind | readonly [property: string, kind: Kind]>> = {
  'Unit.Description': 'text',
  'Unit.StartLimitBurst': 'number',
  'Unit.StartLimitIntervalSec': ['StartLimitIntervalUSec', 'time'],
  'Unit.After': 'dependencies',
  'Unit.Before': 'dependencies',
  'Unit.Requires': 'dependencies',
  'Unit.Wants': 'dependencies',
  'Unit.Conflicts': 'dependencies',
  'Service.Type': 'text',
  'Service.User': 'text',
  'Service.Group': 'text',
  'Service.Restart': 'text',
  'Service.KillMode': 'text',
  'Service.PIDFile': 'text',
  'Service.WorkingDirectory': 'text',
  'Service.Slice': 'text',
  'Service.ProtectSystem': 'text',
  'Service.ProtectHome': 'text',
  'Service.NotifyAccess': 'text',
  'Service.DynamicUser': 'boolean',
  'Service.NoNewPrivileges': 'boolean',
  'Service.PrivateTmp': 'boolean',
  'Service.PrivateDevices': 'boolean',
  'Service.RemainAfterExit': 'boolean',
  'Service.Nice': 'number',
  'Service.OOMScoreAdjust': 'number',
  'Service.CPUWeight': 'number',
  'Service.IOWeight': 'number',
  'Service.RestartSec': ['RestartUSec', 'time'],
  'Service.TimeoutStartSec': ['TimeoutStartUSec', 'time'],
  'Service.TimeoutStopSec': ['TimeoutStopUSec', 'time'],
  'Service.WatchdogSec': ['WatchdogUSec', 'time'],
  'Service.RuntimeMaxSec': ['RuntimeMaxUSec', 'time'],
  'Service.MemoryMax': 'bytes',
  'Service.MemoryHigh': 'bytes',
  'Service.MemoryMin': 'bytes',
  'Service.MemoryLow': 'bytes',
  'Service.MemorySwapMax': 'bytes',
  'Service.TasksMax': 'bytes',
  'Service.CPUQuota': ['CPUQuotaPerSecUSec', 'percent'],
  'Service.LimitNOFILE': 'limit',
  'Service.LimitNPROC': 'limit',
  'Service.LimitCORE': 'limit',
  'Service.LimitMEMLOCK': 'limit',
  'Service.LimitAS': 'limit',
  'Service.Environment': 'words',
  'Service.ReadWritePaths': 'words',
  'Service.ReadOnlyPaths': 'words',
  'Service.ExecStart': 'command',
  'Service.ExecStartPre': 'command',
  'Service.ExecStartPost': 'command',
  'Service.ExecReload': 'command',
  'Service.ExecStop': 'command',
  'Service.ExecStopPost': 'command',
}

/** Splits changed settings into those that can be read back and those that cannot, which is said. */
export function readBacks(
  changed: readonly string[],
  inForce: ReadonlyMap<string, readonly string[]>,
): { readonly readable: readonly ReadBack[]; readonly unreadable: readonly string[] } {
  const readable: ReadBack[] = []
  const unreadable: string[] = []
  for (const setting of changed) {
    const row = Object.hasOwn(PROPERTIES, setting) ? PROPERTIES[setting] : undefined
    const planned = inForce.get(setting) ?? []
    // Back to systemd's default: only the absence in the files can be seen.
    if (row === undefined || planned.length === 0) unreadable.push(setting)
    else {
      const [property, kind] = typeof row === 'string' ? [setting.slice(setting.indexOf('.') + 1), row] : row
      readable.push({ setting, property, kind, planned })
    }
  }
  return { readable, unreadable }
}

/** `unknown` where systemd rewrites the value in a way we do not (specifiers, quotes): not proven, never passed. */
export function compareShown(item: ReadBack, shown: string): 'same' | 'different' | 'unknown' {
  const last = item.planned.at(-1) ?? ''
  if (item.kind !== 'percent' && item.planned.some((value) => /[%"'\\$]/.test(value))) return 'unknown'
  switch (item.kind) {
    case 'text':
      return verdict(last === shown)
    case 'boolean':
      return both(readBoolean(last), readBoolean(shown))
    case 'number':
      return both(/^-?\d+$/.test(last) ? Number(last) : undefined, Number(shown))
    case 'time':
      return both(readTime(last), readTime(shown))
    case 'bytes':
      return both(readBytes(last), readBytes(shown))
    case 'limit':
      return both(readBytes(last.split(':').at(-1) ?? ''), readBytes(shown))
    case 'percent':
      return both(/^\d+%$/.test(last) ? Number(last.slice(0, -1)) * 10_000 : undefined, readTime(shown))
    case 'words':
      return verdict(sameWords(wordsOf(item), shown.split(/\s+/)))
    case 'dependencies': {
      // systemd adds its own; one that was taken away may be among them.
      const there = new Set(shown.split(/\s+/))
      return wordsOf(item).every((word) => there.has(word)) ? 'same' : 'different'
    }
    case 'command': {
      const commands = [...shown.matchAll(/argv\[\]=(.*?) ; ignore_errors=/g)].map(([, argv]) => argv ?? '')
      const wanted = item.planned.map((value) => value.replace(/^[@\-:+!]+/, '').replace(/\s+/g, ' '))
      return verdict(wanted.length === commands.length && wanted.every((argv, i) => argv === commands[i]))
    }
  }
}

function wordsOf(item: ReadBack): readonly string[] {
  const words = item.planned.flatMap((value) => value.split(/\s+/)).filter((word) => word !== '')
  if (item.property !== 'Environment') return words
  // Of a variable that is set twice the later one counts.
  return [...new Map(words.map((word) => [word.replace(/=.*$/s, ''), word])).values()]
}

function sameWords(planned: readonly string[], shown: readonly string[]): boolean {
  const sorted = (words: readonly string[]) =>
    [...new Set(words.filter((word) => word !== ''))].sort().join(' ')
  return sorted(planned) === sorted(shown)
}

function verdict(same: boolean): 'same' | 'different' {
  return same ? 'same' : 'different'
}

function both<T>(planned: T | undefined, shown: T | undefined): 'same' | 'different' | 'unknown' {
  return planned === undefined || shown === undefined ? 'unknown' : verdict(planned === shown)
}

function readBoolean(text: string): boolean | undefined {
  if (/^(1|yes|y|true|t|on)$/i.test(text)) return true
  return /^(0|no|n|false|f|off)$/i.test(text) ? false : undefined
}

const MICROSECONDS: Readonly<Record<string, number>> = {
  us: 1,
  usec: 1,
  ms: 1e3,
  msec: 1e3,
  '': 1e6,
  s: 1e6,
  sec: 1e6,
  second: 1e6,
  seconds: 1e6,
  m: 60e6,
  min: 60e6,
  minute: 60e6,
  minutes: 60e6,
  h: 3600e6,
  hr: 3600e6,
  hour: 3600e6,
  hours: 3600e6,
  d: 86_400e6,
  day: 86_400e6,
  days: 86_400e6,
  w: 604_800e6,
  week: 604_800e6,
  weeks: 604_800e6,
}

/** A time span as systemd.time(7) writes it, in microseconds. */
export function readTime(text: string): number | undefined {
  if (text === 'infinity') return Number.POSITIVE_INFINITY
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/gy)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return undefined
  let total = 0
  for (const [, amount, unit] of parts) {
    const factor = Object.hasOwn(MICROSECONDS, unit ?? '') ? MICROSECONDS[unit ?? ''] : undefined
    if (factor === undefined) return undefined
    total += Number(amount) * factor
  }
  return Math.round(total)
}

/** A size with the suffixes of systemd (base 1024); percentages depend on the machine and are not read. */
export function readBytes(text: string): number | undefined {
  if (text === 'infinity' || text === '18446744073709551615') return Number.POSITIVE_INFINITY
  const found = /^(\d+(?:\.\d+)?)\s*([BKMGTPE]?)$/.exec(text)
  if (found === null) return undefined
  const power = 'BKMGTPE'.indexOf(found[2] === '' || found[2] === undefined ? 'B' : found[2])
  return Math.round(Number(found[1]) * 1024 ** power)
}
