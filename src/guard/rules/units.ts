// Files that are a declared service to its manager: its unit, what lies beside it, and the switches of its control group.
import type { Effect } from '../effect.ts'
import { type Path, reach } from '../path.ts'
import { type Compiled, pattern } from '../policy.ts'
import { ACCESS } from './paths.ts'
import type { Rule } from './rule.ts'
import { SERVICE_DECLARED } from './services.ts'

export const UNIT_RULE: Rule = { rule: 'service.unit', verdict: 'deny' }

const PLACES = [
  ...['/etc', '/run', '/lib', '/usr/lib', '/usr/local/lib'].map((one) => `${one}/systemd/system`),
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/etc/systemd/user',
  '/home/*/.config/systemd/user',
  '/root/.config/systemd/user',
]
/** Writing into one of these ends every process of the unit, or stops it where it stands. */
const SWITCHES = ['cgroup.kill', 'cgroup.freeze', 'freezer.state']
/** First names of those places. */
const FIRST = new Set(['etc', 'run', 'lib', 'usr', 'sys', 'home', 'root', 'var'])

interface Unit {
  readonly service: string
  readonly files: readonly Path[]
  readonly switches: readonly Path[]
}
const made = new WeakMap<Compiled, readonly Unit[]>()

function unitsOf(compiled: Compiled): readonly Unit[] {
  let found = made.get(compiled)
  if (found !== undefined) return found
  found = compiled.policy.services.flatMap(({ name, units }) =>
    units.map((unit) => ({
      service: name,
      files: [
        ...PLACES.flatMap((place) => [
          `${place}/${unit}`,
          `${place}/${unit}.d/**`,
          `${place}/*.wants/${unit}`,
          `${place}/*.requires/${unit}`,
        ]),
        `/etc/init.d/${unit.replace(/\.service$/, '')}`,
      ].map(pattern),
      switches: SWITCHES.map((one) => pattern(`/sys/fs/cgroup/**/${unit}/${one}`)),
    })),
  )
  made.set(compiled, found)
  return found
}

/** The rule for a write or a removal of such a file, with the service's name and what is done; undefined where it is none. */
export function unitRule(
  effect: Effect,
  target: Path,
  compiled: Compiled,
): { readonly rule: Rule; readonly params: Readonly<Record<string, string>> } | undefined {
  const access = ACCESS[effect.verb]
  if ((access !== 'write' && access !== 'delete') || effect.host !== undefined) return undefined
  // An empty directory beside it changes nothing yet.
  if (effect.verb === 'path.create' && effect.note === 'directory') return undefined
  // A name of which nothing is known speaks of no unit.
  const [first] = target.segments
  if (first === undefined ? target.loose : first === 'tree') return undefined
  const only = first?.length === 1 ? first[0] : undefined
  if (typeof only === 'string' && !FIRST.has(only)) return undefined
  // A directory above it is another matter, unless all that lies in it goes.
  const deep = effect.recursive === true || effect.verb === 'path.move'
  const meets = (one: Path): boolean => {
    const found = reach(target, one)
    return found.inside || (deep && access === 'delete' && found.above)
  }
  for (const { service, files, switches } of unitsOf(compiled)) {
    const stops = access === 'write' && switches.some(meets)
    if (!stops && !files.some(meets)) continue
    const rule = stops ? (SERVICE_DECLARED['service.stop'] as Rule) : UNIT_RULE
    // A walk that looks for a name may find one of these.
    const walks = target.segments.indexOf('tree')
    const isSure =
      !target.loose &&
      effect.certainty !== 'unknown' &&
      (walks === -1 || walks === target.segments.length - 1)
    return {
      rule: isSure ? rule : { ...rule, verdict: 'ask', kind: 'unclear' },
      params: { service, ...(access === 'delete' ? { verb: 'stop' } : {}) },
    }
  }
  return undefined
}
