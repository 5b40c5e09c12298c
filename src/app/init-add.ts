// `sekisho init --add NAME`: one more service of this host in a sekisho.yaml that is there. Lines are put in; not a byte of the rest changes.
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { failureOf, SekishoError } from '../base/error.ts'
import { readPolicy } from '../policy/read.ts'
import { INIT_WORDS } from '../words/init.ts'
import { visibleLine } from '../words/layout.ts'
import { type CopyPlace, type Draft, type InitFiles, type InitInput, placeFor, serviceLines } from './init.ts'
import { lineOf } from './init-questions.ts'
import type { FoundService, HostFindings, ScanView } from './inventory-findings.ts'
import { scanHost } from './inventory-scan.ts'
import { quoted } from './quoted.ts'

/** `wanted`: a unit, with or without `.service`, or the name that init would give it. Throws config.missing, config.not_edited. */
export async function addService(
  path: string,
  wanted: string,
  input: InitInput,
  view: ScanView,
  files: InitFiles,
): Promise<Draft> {
  const text = await files.read(path)
  if (text === undefined) throw new SekishoError('config.missing', { path })
  const found = await scanHost(view)
  const draft = named(path, () => withService(text, wanted, found, input))
  if (draft.problems.length > 0 && readPolicy(text).ok)
    throw new SekishoError('config.not_edited', { name: wanted, why: 'not_valid', other: '', path })
  await files.write(path, draft.text)
  return draft
}

/** A refusal names the file that was read. */
function named<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof SekishoError && cause.code === 'config.not_edited')
      throw failureOf({ code: cause.code, detail: { ...cause.detail, path } })
    throw cause
  }
}

/** Pure. Throws config.not_edited. */
export function withService(source: string, wanted: string, found: HostFindings, input: InitInput): Draft {
  // The one line that must change: an empty map has no place for a service.
  const text = source.replace(/^services: *(?:\{ *\}|null|~)(?= *(?:#.*)?$)/m, 'services:')
  const words = INIT_WORDS[input.language]
  const there = readThere(text)
  const unit = wanted.endsWith('.service') ? wanted : `${wanted}.service`
  const service =
    found.services.find((one) => one.unit === unit) ?? found.services.find(({ name }) => name === wanted)
  if (service === undefined)
    throw refusal(wanted, 'not_on_host', found.services.map(({ name }) => name).join(', '))
  if (there.units.has(service.unit ?? '')) throw refusal(wanted, 'service_exists')
  const name = freeName(service.name, there.names)
  const own: FoundService = {
    ...service,
    name,
    files: service.files.filter((one) => !there.paths.has(one.path)),
  }
  const place =
    there.copies === 0 ? placeFor(found) : placeFor({ ...found, services: [...found.services, own] })
  const lines = [
    '',
    ...serviceLines(own, words, there.copies === 0 ? place : (one) => apart(place(one), one)),
  ]
  const added = [lines[0] ?? '', `  # ${visibleLine(words.added(input.hostName))}`, ...lines.slice(1)]
  const before = text.slice(0, there.end)
  const glue = before.endsWith('\n') ? '' : '\n'
  const secrets = found.secrets.filter((one) => !there.secrets.has(one) && isOf(one, own))
  const withLines = `${before}${glue}${added.join('\n')}\n${text.slice(there.end)}`
  const result = withSecrets(withLines, secrets, words.secrets)
  const read = readPolicy(result)
  const all = result.split('\n')
  const unclear = found.unclear.filter(({ values }) => values['service'] === service.name)
  const questions = unclear.map((one) => {
    const values: Readonly<Record<string, string>> = { ...one.values, service: name }
    return {
      line: lineOf({ ...one, values }, all, () => name),
      text: visibleLine(words.unclear[one.code]?.(values) ?? one.code),
    }
  })
  return {
    text: result,
    services: [name],
    unclear: questions.map((one) => one.text),
    questions,
    problems: read.ok ? [] : read.problems,
  }
}

const refusal = (name: string, why: 'not_yaml' | 'service_exists' | 'not_on_host', other = '') =>
  new SekishoError('config.not_edited', { name, why, other })

const apart = (place: CopyPlace, name: string): CopyPlace =>
  place.to.endsWith(`/${name}`) ? place : { ...place, to: `${place.to}/${name}` }

/** A secret is this service's where one of its own places holds it. */
function isOf(path: string, { repository, files, certificates }: FoundService): boolean {
  const directories = [...files.map((one) => one.path), ...certificates].map((one) =>
    one.slice(0, one.lastIndexOf('/')),
  )
  return [repository, ...directories].some(
    (one) => one !== undefined && one !== '' && path.startsWith(`${one}/`),
  )
}

interface There {
  readonly names: ReadonlySet<string>
  readonly units: ReadonlySet<string>
  readonly paths: ReadonlySet<string>
  readonly secrets: ReadonlySet<string>
  /** How many services have a backup. */
  readonly copies: number
  /** Where the lines go: behind the last line of the services, comments inside them included. */
  readonly end: number
}

function readThere(text: string): There {
  const document = parseDocument(text, { logLevel: 'error', schema: 'core', version: '1.2' })
  const root = document.contents
  if (document.errors.length > 0 || !isMap(root)) throw refusal('sekisho.yaml', 'not_yaml')
  const services = root.items.find(({ key }) => isScalar(key) && key.value === 'services')?.value
  const read = readPolicy(text)
  const compiled = read.ok ? read.compiled.runner.services : []
  const guard = document.getIn(['guard', 'secrets'])
  const secrets = isSeq(guard) ? guard.items.map((one) => (isScalar(one) ? String(one.value) : '')) : []
  const end = endOfServices(text)
  if (
    end === undefined ||
    (services !== null && !isMap(services) && !(isScalar(services) && services.value === null))
  )
    throw refusal('services', 'not_yaml')
  return {
    names: new Set(compiled.map(({ name }) => name)),
    units: new Set(compiled.map(({ unit }) => unit ?? '')),
    paths: new Set(compiled.flatMap(({ files }) => files.map(({ path }) => path))),
    secrets: new Set(secrets),
    copies: compiled.filter(({ backup }) => backup !== undefined).length,
    end,
  }
}

/** Undefined where no line begins with `services:`. Comments at the left edge that follow belong to what comes next. */
function endOfServices(text: string): number | undefined {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => /^services:\s*(?:#.*)?$/.test(line))
  if (start === -1) return undefined
  const next = lines.findIndex((line, i) => i > start && /^[^\s#]/.test(line))
  let end = next === -1 ? lines.length : next
  while (end > start + 1 && /^(?:#.*|\s*)$/.test(lines[end - 1] ?? '')) end--
  return lines.slice(0, end).join('\n').length + (end < lines.length ? 1 : 0)
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name.slice(0, 57)}-${n}`
  return free
}

/** Into the list that is there, behind its last item; else as a section of their own at the end. */
function withSecrets(text: string, secrets: readonly string[], comment: readonly string[]): string {
  if (secrets.length === 0) return text
  const document = parseDocument(text, { logLevel: 'error', schema: 'core', version: '1.2' })
  const list = document.getIn(['guard', 'secrets'])
  const range = isSeq(list) && list.flow !== true ? list.items.at(-1) : undefined
  const last = isScalar(range) ? range.range?.[1] : undefined
  if (last !== undefined) {
    const line = text.indexOf('\n', last)
    const at = line === -1 ? text.length : line + 1
    const indent = /^ */.exec(text.slice(text.lastIndexOf('\n', last - 1) + 1))?.[0] ?? '    '
    const glue = text.slice(0, at).endsWith('\n') ? '' : '\n'
    return `${text.slice(0, at)}${glue}${secrets.map((one) => `${indent}- ${quoted(one)}\n`).join('')}${text.slice(at)}`
  }
  const lines = secrets.map((one) => `    - ${quoted(one)}`)
  const head = comment.map((line) => `# ${line}`)
  // A section `guard` of another form is its owner's: the lines are shown as comments there.
  return document.has('guard')
    ? `${text}\n${[...head, '# guard:', '#   secrets:', ...lines.map((one) => `# ${one}`)].join('\n')}\n`
    : `${text}\n${[...head, 'guard:', '  secrets:', ...lines].join('\n')}\n`
}
