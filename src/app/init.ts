// `sekisho init`: a commented sekisho.yaml from what the host shows, in the reader's language. It never overwrites, and what it writes
// passes `config apply` once the owner's key stands in it.
import { SekishoError } from '../base/error.ts'
import type { PolicyProblem } from '../base/policy-problem.ts'
import { parsePublicKey } from '../base/sign.ts'
import { readPolicy } from '../policy/read.ts'
import { INIT_WORDS, type InitWords } from '../words/init.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import { type FoundService, type HostFindings, type ScanView, scanHost } from './inventory-scan.ts'

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
  /** What `config apply` would say now: nobody can approve, until the key line is in. */
  readonly problems: readonly PolicyProblem[]
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
  const lines = [
    ...comment(words.head(input.hostName)),
    ...(unclear.length === 0
      ? []
      : ['#', `# ${words.unclearHead}:`, ...unclear.map((one) => `#   - ${one}`)]),
    '',
    `lang: ${input.language}`,
    `name: ${quoted(plainName(input.hostName))}   # ${words.name}`,
    `zone: ${input.zone}   # ${words.zone}`,
    '',
    found.services.length === 0 ? 'services: {}' : 'services:',
    ...found.services.flatMap((service) => serviceLines(service, words)),
    '',
    ...comment(words.people),
    'people:',
    ...ownerLines(input.owner, words),
    '',
    ...comment(words.agents),
    '# agents:',
    `#   claude: { name: Claude Code, sponsor: ${ownerId(input.owner)} }`,
    '',
    'policy:',
    `  level: observe   # ${words.policy.join(' ')}`,
  ]
  const text = `${lines.join('\n')}\n`
  const read = readPolicy(text)
  return {
    text,
    services: found.services.map(({ name }) => name),
    unclear,
    problems: read.ok ? [] : read.problems,
  }
}

function comment(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `# ${visibleLine(line)}`)
}

function serviceLines(service: FoundService, words: InitWords): readonly string[] {
  const { name, unit, description, health, files, errorLog, accessLog, repository, certificates } = service
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
      : [`    health: { url: ${quoted(health)}, status: 200 }   # ${words.health}`]),
    ...(configs.length === 0
      ? [`    # ${words.noConfigs}`]
      : [`    configs:   # ${words.configs}`, ...configs]),
    ...dataLines(service, words),
    ...(logs.length === 0 ? [] : [`    logs: { ${logs.join(', ')} }`]),
    ...(certificates.length === 0
      ? []
      : [`    # ${visibleLine(words.certificates(certificates.join(', ')))}`]),
    ...(repository === undefined ? [] : [`    # ${words.repository} ${visibleLine(repository)}`]),
  ]
}

/** Proposed as comments: what is data, and where its copies go, is the owner's to say. */
function dataLines({ name, data }: FoundService, words: InitWords): readonly string[] {
  if (data.length === 0) return []
  return [
    `    # ${words.data}`,
    '    # data:',
    ...data.map((dir) => `    #   - { dir: ${quoted(dir)}, change: api-only }`),
    ...words.backup(`sekisho standing sign ${name} backup`).map((line) => `    # ${line}`),
    `    # backup: { every: 6h, copies: [ { name: local, kind: directory, to: ${quoted(`/backup/${name}`)} } ] }`,
  ]
}

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

/** A YAML text that is that text: plain where that is safe, else in single quotes. */
function quoted(value: string): string {
  return /^[A-Za-z/][A-Za-z0-9/_.@+-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : `'${visibleLine(value).replaceAll("'", "''")}'`
}
