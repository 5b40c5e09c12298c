// The environment of the service in the room: what the unit says and what stands in its files, with made values for secrets.
import type { Random } from '../base/time.ts'
import { editDotenv, readDotenv } from '../host/dotenv.ts'
import type { Account } from './accounts.ts'
import { madeUnlessPlain, madeValue } from './made-values.ts'
import type { RehearsedUnit } from './unit.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'

/** Variables that systemd gives, then those of the unit, then those of its files in order. `read`: of a file inside; undefined where it is not there. */
export function environmentOf(
  unit: RehearsedUnit,
  account: Pick<Account, 'name'>,
  read: (path: string) => Uint8Array | undefined,
): { readonly env: Readonly<Record<string, string>>; readonly missing?: string } {
  const env: Record<string, string> = {
    PATH,
    LANG: 'C.UTF-8',
    HOME: '/nonexistent',
    USER: account.name,
    LOGNAME: account.name,
  }
  for (const { variable, path } of unit.directories)
    env[variable] = env[variable] === undefined ? path : `${env[variable]}:${path}`
  for (const one of unit.environment) {
    const at = one.indexOf('=')
    if (at > 0) env[one.slice(0, at)] = one.slice(at + 1)
  }
  for (const { path, optional } of unit.environmentFiles) {
    const bytes = read(path)
    if (bytes === undefined && !optional) return { env, missing: path }
    for (const { key, value } of bytes === undefined ? [] : readDotenv(bytes).entries) env[key] = value
  }
  for (const name of unit.unset) delete env[name.split('=')[0] ?? name]
  return { env }
}

/** The same file with made values where a value is a secret, and the names of those. */
export function madeDotenv(
  bytes: Uint8Array,
  real: readonly string[],
  random: Random,
):
  | {
      readonly bytes: Uint8Array
      readonly made: readonly string[]
      readonly given: readonly string[]
      readonly stayed: readonly string[]
      readonly madeFor: ReadonlyMap<string, string>
    }
  | undefined {
  const { entries } = readDotenv(bytes)
  const secrets = entries.flatMap(({ key, value }) => {
    const made = madeUnlessPlain(key, value, random)
    return made === undefined ? [] : [{ key, value: made, was: value }]
  })
  const given = secrets.filter(({ key }) => real.includes(key)).map(({ key }) => key)
  const set = secrets.filter(({ key }) => !real.includes(key))
  const edited = editDotenv(bytes, { set: set.map(({ key, value }) => ({ key, value })) })
  if (!edited.ok) return undefined
  const stayed = entries.map(({ key }) => key).filter((key) => !secrets.some((one) => one.key === key))
  const madeFor = new Map(set.map(({ was, value }) => [was, value]))
  return { bytes: edited.bytes, made: set.map(({ key }) => key), given, stayed, madeFor }
}

/** The unit with made values in its own `Environment=`. */
export function madeUnit(
  unit: RehearsedUnit,
  real: readonly string[],
  random: Random,
): {
  readonly unit: RehearsedUnit
  readonly made: readonly string[]
  readonly given: readonly string[]
  readonly madeFor: ReadonlyMap<string, string>
} {
  const made: string[] = []
  const madeFor = new Map<string, string>()
  const given: string[] = []
  const environment = unit.environment.map((one) => {
    const at = one.indexOf('=')
    const [name, value] = [one.slice(0, at), one.slice(at + 1)]
    const other = at > 0 ? madeValue(name, value, random) : undefined
    if (other === undefined) return one
    if (real.includes(name)) {
      given.push(name)
      return one
    }
    made.push(name)
    madeFor.set(value, other)
    return `${name}=${other}`
  })
  return { unit: { ...unit, environment }, made, given, madeFor }
}
