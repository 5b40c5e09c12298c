// `sekisho init`: a commented sekisho.yaml from what the host shows, in the reader's language. It never overwrites, and what it writes
// passes `config apply` once the owner's key stands in it.
import { SekishoError } from '../base/error.ts'
import type { PolicyProblem } from '../base/policy-problem.ts'
import { parsePublicKey } from '../base/sign.ts'
import { readPolicy } from '../policy/read.ts'
import { INIT_WORDS, type InitWords } from '../words/init.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import { codeLines } from './code-lines.ts'
import type { FoundDatabase } from './database-scan.ts'
import { lineOf } from './init-questions.ts'
import type { FoundService, HostFindings, ScanView } from './inventory-findings.ts'
import { scanHost } from './inventory-scan.ts'
import { quoted } from './quoted.ts'
import type { TreeData } from './tree-scan.ts'

export interface Owner {
  /** The Unix user who asks. */
  readonly user: string
  readonly name?: string
  /** Public keys found in that user's home: proposed as comments, because enrolling is the owner's act. */
  readonly keys: readonly { readonly path: string; readonly line: string }[]
}

export interface InitInput {
  readonly language: Language
  readonly zone: string
  readonly hostName: string
  readonly owner: Owner
}

export interface Draft {
  readonly text: string
  readonly services: readonly string[]
  /** Sentences of what could not be told; they stand in the file too. */
  readonly unclear: readonly string[]
  /** The same with the lines of the file where they are answered. */
  readonly questions: readonly Question[]
  /** What `config apply` would say now: nobody can approve, until the key line is in. */
  readonly problems: readonly PolicyProblem[]
}

export interface Question {
  readonly line: number
  readonly text: string
}

export interface InitFiles {
  readonly read: (path: string) => Promise<string | undefined>
  readonly write: (path: string, text: string) => Promise<void>
}

/** Throws config.exists where there is a file already. */
export async function initPolicy(
  path: string,
  input: InitInput,
  view: ScanView,
  files: InitFiles,
): Promise<Draft> {
  if ((await files.read(path)) !== undefined)
    throw new SekishoError('config.exists', { path, beside: `${path}.new` })
  const draft = draftPolicy(await scanHost(view), input)
  await files.write(path, draft.text)
  return draft
}

/** Pure. */
export function draftPolicy(found: HostFindings, input: InitInput): Draft {
  const words = INIT_WORDS[input.language]
  const unclear = found.unclear.map(({ code, values }) => visibleLine(words.unclear[code]?.(values) ?? code))
  const head = comment(words.head(input.hostName))
  const place = placeFor(found)
  const body = [
    '',
    `lang: ${input.language}`,
    `name: ${quoted(plainName(input.hostName))}   # ${words.name}`,
    `zone: ${input.zone}   # ${words.zone}`,
    '',
    found.services.length === 0 ? 'services: {}' : 'services:',
    ...found.services.flatMap((service) => serviceLines(service, words, place)),
    '',
    ...comment(words.people),
    'people:',
    ...ownerLines(input.owner, words),
    '',
    ...comment(words.agents),
    '# agents:',
    `#   claude: { name: Claude Code, sponsor: ${ownerId(input.owner)} }`,
    '',
    ...incidentLines(found.services, words),
    ...(found.secrets.length === 0 ? [] : [...guardLines(found.secrets, words), '']),
    'policy:',
    `  level: observe   # ${words.policy.join(' ')}`,
  ]
  // The list of questions stands above what it counts.
  const above = head.length + (unclear.length === 0 ? 0 : unclear.length + 2)
  const questions = questionsOf(found, unclear, body, above)
  const lines = [
    ...head,
    ...(unclear.length === 0
      ? []
      : [
          '#',
          `# ${words.unclearHead}:`,
          ...questions.map(({ line, text }) => `#   - ${words.atLine(line, text)}`),
        ]),
    ...body,
  ]
  const text = `${lines.join('\n')}\n`
  const read = readPolicy(text)
  return {
    text,
    services: found.services.map(({ name }) => name),
    unclear,
    questions,
    problems: read.ok ? [] : read.problems,
  }
}

function questionsOf(
  found: HostFindings,
  sentences: readonly string[],
  body: readonly string[],
  above: number,
): readonly Question[] {
  const serviceOf = (unit: string) => found.services.find((one) => one.unit === unit)?.name
  return found.unclear
    .map((one, i) => ({ line: above + lineOf(one, body, serviceOf), text: sentences[i] ?? '' }))
    .sort((a, b) => a.line - b.line)
}

export interface CopyPlace {
  readonly to: string
  /** The mount point that was found. */
  readonly disk?: string
}

/** Where the copies of a service could go: the other disk itself for the only service with data, else a directory of its own below it. */
export function placeFor({
  services,
  backupPlaces,
}: Pick<HostFindings, 'services' | 'backupPlaces'>): (service: string) => CopyPlace {
  const [disk] = backupPlaces
  const several = services.filter(({ data }) => data.length > 0).length > 1
  return (service) =>
    disk === undefined ? { to: `/backup/${service}` } : { to: several ? `${disk}/${service}` : disk, disk }
}

/** Which of a service's checks would call somebody at night is the owner's to say. */
function incidentLines(services: HostFindings['services'], words: InitWords): readonly string[] {
  const checks = [
    ...(services.some(({ unit }) => unit !== undefined) ? ['service'] : []),
    ...(services.some(({ health }) => health !== undefined) ? ['api'] : []),
  ]
  if (checks.length === 0) return []
  return [
    ...comment(words.incidents),
    `# incidents: { checks: [${checks.join(', ')}], failed_changes: true }`,
    '',
  ]
}

function guardLines(secrets: readonly string[], words: InitWords): readonly string[] {
  return [
    ...comment(words.secrets),
    'guard:',
    '  secrets:',
    ...secrets.map((path) => `    - ${quoted(path)}`),
  ]
}

function comment(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `# ${visibleLine(line)}`)
}

export function serviceLines(
  service: FoundService,
  words: InitWords,
  place: (service: string) => CopyPlace,
): readonly string[] {
  const { name, unit, description, health, files, errorLog, accessLog, moreLogs, code, certificates } =
    service
  const logs = [
    ...(errorLog === undefined ? [] : [`error: ${quoted(errorLog)}`]),
    ...(accessLog === undefined ? [] : [`access: ${quoted(accessLog)}`]),
  ]
  const [why, form] = words.noHealth
  const configs = [
    ...files.map(
      ({ path, kind, about }) =>
        `      - { path: ${quoted(path)}, kind: ${kind} }${about.length === 0 ? '' : `   # ${visibleLine(words.names(about.join(', ')))}`}`,
    ),
    ...unitLines(service),
  ]
  return [
    ...(description === undefined ? [] : [`  # ${visibleLine(description)}`]),
    `  ${name}:`,
    ...(unit === undefined ? [] : [`    manager: { systemd: ${quoted(unit)} }`]),
    ...(health === undefined
      ? [`    # ${why}`, `    # ${form}`]
      : [
          `    health: { url: ${quoted(health.url)}, status: 200${health.ca === undefined ? '' : `, ca: ${quoted(health.ca)}`} }   # ${words.health}`,
        ]),
    ...(configs.length === 0
      ? [`    # ${words.noConfigs}`]
      : [`    configs:   # ${words.configs}`, ...configs]),
    ...dataLines(service, words, place),
    ...(logs.length === 0 ? [] : [`    logs: { ${logs.join(', ')} }`]),
    ...(moreLogs.length === 0 ? [] : [`    # ${visibleLine(words.moreLogs(moreLogs.join(', ')))}`]),
    ...(certificates.length === 0
      ? []
      : [`    # ${visibleLine(words.certificates(certificates.join(', ')))}`]),
    ...(code === undefined ? [] : codeLines(code, words)),
  ]
}

/** Proposed as comments: what is data, and where its copies go, is the owner's to say. */
function dataLines(
  { name, data, databases = [] }: FoundService,
  words: InitWords,
  place: (service: string) => CopyPlace,
): readonly string[] {
  if (data.length + databases.length === 0) return []
  const tracked = data.filter((one) => one.tracked > 0)
  const { to, disk } = place(name)
  return [
    ...(data.length === 0
      ? []
      : [
          `    # ${words.data}`,
          ...tracked.map(({ dir, tracked: count }) => `    # ${visibleLine(words.tracked(dir, count))}`),
          '    # data:',
          ...data.map((one) => `    #   - ${dataLine(one)}`),
        ]),
    ...(databases.length === 0
      ? []
      : [
          ...words.databases.map((line) => `    # ${line}`),
          '    # databases:',
          ...databases.map((one) => `    #   - ${databaseLine(one)}`),
        ]),
    ...words.backup(`sekisho standing sign ${name} backup`).map((line) => `    # ${line}`),
    `    # ${visibleLine(words.disk(disk))}`,
    `    # backup: { every: 6h, copies: [ { name: local, kind: directory, to: ${quoted(to)} } ] }`,
  ]
}

/** Who owns the tables is the owner's to say where no address names a role. */
const databaseLine = ({ name, port, role }: FoundDatabase) =>
  `{ name: ${quoted(name)}, port: ${port}, migrations: { role: ${role === undefined ? 'ROLE' : quoted(role)} } }`

const dataLine = ({ dir, format }: TreeData) =>
  `{ dir: ${quoted(dir)}, change: api-only${format === 'files' ? '' : `, format: ${format}`} }`

/** The unit and its drop-ins; where the unit file lies elsewhere, its drop-ins in /etc and the file itself. */
function unitLines({ unit, unitInEtc, unitPath }: FoundService): readonly string[] {
  if (unit === undefined || unitPath === undefined) return []
  if (unitInEtc) return ['      - { kind: systemd }']
  return [
    `      - { path: ${quoted(unitPath)}, kind: systemd }`,
    `      - { path: ${quoted(`/etc/systemd/system/${unit}.d/*.conf`)}, kind: systemd }`,
  ]
}

function ownerLines(owner: Owner, words: InitWords): readonly string[] {
  const keys = owner.keys.filter(({ line }) => parsePublicKey(line).ok)
  const named =
    owner.name === undefined || owner.name === '' ? [] : [`    name: ${quoted(owner.name.slice(0, 200))}`]
  return [
    `  ${ownerId(owner)}:`,
    ...named,
    // Before the roles: a comment after the last pair would draw what stands below it into the person, when a key is added by command.
    ...(keys.length === 0
      ? [`    # ${words.keyMissing}`, `    # keys: [ 'ssh-ed25519 AAAA…' ]`]
      : keys.flatMap(({ path, line }) => [
          `    # ${visibleLine(words.keyFound(path))}`,
          `    # keys: [ ${quoted(line.trim())} ]`,
        ])),
    '    roles: [owner]',
  ]
}

const ownerId = ({ user }: Owner) => quoted(ownerName(user))

/** The name of a Unix account as a name of these rules. */
export function ownerName(user: string): string {
  const id = user
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63)
  return id === '' ? 'owner' : id
}

function plainName(hostName: string): string {
  const name = (hostName.split('.')[0] ?? '').replace(/[^\p{L}\p{N}_-]/gu, '')
  return name === '' ? 'sekisho' : name.slice(0, 63)
}
