// The words of sekisho.yaml about the code of a service: where it lies, how it is built, tested, rehearsed and deployed.
import { isSeq } from 'yaml'
import { isPathBelow } from './backup-document.ts'
import { type Field, fields, list, named } from './reading.ts'
import { choice, duration, formed, plainPath, text, whole } from './values.ts'

const SECOND = 1000
const DAY = 86_400_000

const below = formed((value, place, reading) =>
  isPathBelow(value) ? value : reading.wrong(place, 'repo.path_below', { value }),
)
const branchName = formed((value, place, reading) =>
  isBranch(value) ? value : reading.wrong(place, 'repo.branch', { value }),
)
const pushUrl = formed((value, place, reading) => {
  if (!isPushUrl(value)) return reading.wrong(place, 'repo.push_url', { value })
  return /\/\/[^/@\s]*:[^/@\s]*@/.test(value) ? reading.wrong(place, 'value.url_password') : value
}, 2048)
const name = formed((value, place, reading) =>
  /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(value) ? value : reading.wrong(place, 'value.name', { value }),
)
const registryHost = formed((value, place, reading) =>
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?$/.test(value)
    ? value
    : reading.wrong(place, 'command.host', { value }),
)

/** An address that git pushes to: https, ssh, a directory. */
export function isPushUrl(value: string): boolean {
  return (
    /^(https:\/\/|ssh:\/\/|file:\/\/\/)\S+$/.test(value) ||
    /^[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^\s:]+$/.test(value)
  )
}

/** What git allows as the name of a branch; nothing that begins like an option. */
export function isBranch(value: string): boolean {
  return (
    /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/.test(value) && !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/.test(value)
  )
}

const words = list(text(4096), 100)
/** A shell that is handed a line is what a list of words is to keep away. */
const SHELLS = /^(.*\/)?(ba|da|z|k|c|tc|fi)?sh$/
export const argv: Field<readonly string[]> = (place, reading) => {
  if (!isSeq(place.node)) return reading.wrong(place, 'command.words')
  const read = words(place, reading)
  if (read === undefined) return undefined
  const [program = ''] = read
  if (program === '' || program.startsWith('-')) return reading.wrong(place, 'command.program')
  const isLine = SHELLS.test(program) && read.slice(1).some((one) => /^-[a-z]*c$/.test(one))
  return isLine ? reading.wrong(place, 'command.shell', { value: program }) : read
}

const commandFields = { argv, within: duration(SECOND, DAY) }
const command = fields(commandFields, { required: ['argv'] })
const dependencies = fields(
  {
    ...commandFields,
    network: fields({ registry: list(registryHost, 20) }, { required: ['registry'] }),
  },
  { required: ['argv'] },
)
export type CommandDocument = NonNullable<ReturnType<typeof dependencies>>

const test = fields(
  {
    ...commandFields,
    results: fields({ junit: below, 'go-json': below }),
    coverage: fields({ lcov: below, cobertura: below }),
  },
  { required: ['argv', 'results'] },
)

const repo = fields(
  {
    path: plainPath,
    branch: branchName,
    deploy: choice(['releases', 'in-place']),
    shared: list(below, 100),
    keep: whole(2, 100),
    push: fields({ url: pushUrl, credential: name }, { required: ['url'] }),
    one_concern: choice(['show', 'block']),
  },
  { required: ['path', 'deploy'] },
)

const secretUse = choice(['real', 'made'])
const rehearse = fields({
  health: formed((value, place, reading) =>
    URL.canParse(value) && /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+\//.test(value)
      ? value
      : reading.wrong(place, 'rehearse.health', { value }),
  ),
  within: duration(SECOND, DAY),
  secrets: named(secretUse, (key) => /^[A-Za-z_][A-Za-z0-9_]{0,199}$/.test(key)),
})

/** The keys of a service. */
export const code = { repo, dependencies, build: command, test, smoke: command, rehearse } as const
export interface CodeDocument {
  readonly repo?: NonNullable<ReturnType<typeof repo>>
  readonly dependencies?: CommandDocument
  readonly build?: NonNullable<ReturnType<typeof command>>
  readonly test?: NonNullable<ReturnType<typeof test>>
  readonly smoke?: NonNullable<ReturnType<typeof command>>
  readonly rehearse?: NonNullable<ReturnType<typeof rehearse>>
}
