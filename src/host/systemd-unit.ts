// systemd unit files as text: a total parser with lines and continuations, the files that make up one unit in the order
// systemd reads them, and the settings in force after all of them.
import { type FileView, resolvePath } from './file-view.ts'

export interface Setting {
  readonly section: string
  readonly key: string
  readonly value: string
  readonly line: number
}

export interface UnitFault {
  readonly line: number
  readonly why: 'no_section' | 'no_equals' | 'bad_section' | 'not_text'
}

export interface UnitText {
  readonly settings: readonly Setting[]
  readonly faults: readonly UnitFault[]
}

/** Never throws. Comments inside a continued line are left out, as systemd does. */
export function parseUnit(text: string): UnitText {
  const settings: Setting[] = []
  const faults: UnitFault[] = []
  let section: string | undefined
  for (const { line, text: content } of logicalLines(text)) {
    const header = /^\[(.*)\]$/.exec(content)
    if (content.includes('\0')) faults.push({ line, why: 'not_text' })
    else if (header !== null) {
      section = header[1] ?? ''
      if (section === '' || /[[\]]/.test(section)) faults.push({ line, why: 'bad_section' })
    } else {
      const equals = content.indexOf('=')
      if (equals <= 0) faults.push({ line, why: 'no_equals' })
      else if (section === undefined) faults.push({ line, why: 'no_section' })
      else {
        const key = content.slice(0, equals).trimEnd()
        settings.push({ section, key, value: content.slice(equals + 1).trimStart(), line })
      }
    }
  }
  return { settings, faults }
}

function logicalLines(text: string): readonly { readonly line: number; readonly text: string }[] {
  const lines: { line: number; text: string }[] = []
  let open: { line: number; parts: string[] } | undefined
  text.split('\n').forEach((raw, index) => {
    const physical = raw.replace(/\r$/, '').trim()
    const comment = /^[#;]/.test(physical)
    if (comment || (physical === '' && open === undefined)) return
    const continued = /(^|[^\\])(\\\\)*\\$/.test(physical)
    const part = continued ? physical.slice(0, -1) : physical
    const current = open ?? { line: index + 1, parts: [] }
    current.parts.push(part)
    open = current
    if (!continued) {
      lines.push({ line: current.line, text: current.parts.join(' ').trim() })
      open = undefined
    }
  })
  if (open !== undefined) lines.push({ line: open.line, text: open.parts.join(' ').trim() })
  return lines.filter((line) => line.text !== '')
}

/** Highest first. */
const DIRECTORIES = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
]
const UNIT_NAME =
  /^[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\-]*)?\.(?:service|socket|timer|path|mount|automount|target|slice|swap|scope|device)$/

export function isUnitName(name: string): boolean {
  return UNIT_NAME.test(name) && name.length < 256
}

/** The fragment and the drop-ins of one unit, in the order in which later ones win. Real paths. */
export function unitFiles(
  view: FileView,
  unit: string,
): readonly { readonly path: string; readonly text: string }[] {
  const names = fragmentNames(unit)
  const fragment = DIRECTORIES.flatMap((directory) => names.map((name) => `${directory}/${name}`)).find(
    (path) => view.look(path) !== undefined,
  )
  const dropIns = new Map<string, string>()
  // Lower directories first, so that the same name higher up takes its place; the more special directory wins too.
  for (const name of dropInNames(unit).toReversed())
    for (const directory of DIRECTORIES.toReversed()) {
      const found = resolvePath(view, `${directory}/${name}.d`)
      if (found?.look.kind !== 'directory') continue
      for (const file of found.look.names)
        if (file.endsWith('.conf') && !file.startsWith('.'))
          dropIns.set(file, `${directory}/${name}.d/${file}`)
    }
  const ordered = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
  return [...(fragment === undefined ? [] : [fragment]), ...ordered].flatMap((path) => {
    const found = resolvePath(view, path)
    return found?.look.kind === 'file'
      ? [{ path: found.real, text: Buffer.from(found.look.bytes).toString('utf8') }]
      : []
  })
}

function fragmentNames(unit: string): readonly string[] {
  const template = /^([^@]+@)[^@]+(\.[a-z]+)$/.exec(unit)
  return template === null ? [unit] : [unit, `${template[1] ?? ''}${template[2] ?? ''}`]
}

/** `a-b-c.service` also takes `a-b-.service.d`, `a-.service.d` and `service.d`; most special first. */
function dropInNames(unit: string): readonly string[] {
  const dot = unit.lastIndexOf('.')
  const type = unit.slice(dot + 1)
  const parts = unit.slice(0, dot).replace(/@.*$/, '').split('-')
  const prefixes = parts.slice(1).map((_, i) => `${parts.slice(0, parts.length - 1 - i).join('-')}-.${type}`)
  return [...fragmentNames(unit), ...prefixes, type]
}

/** Section.Key → the values in force: an empty value clears what stood before it. */
export function settingsInForce(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const inForce = new Map<string, readonly string[]>()
  for (const text of texts)
    for (const { section, key, value } of parseUnit(text).settings) {
      const name = `${section}.${key}`
      inForce.set(name, value === '' ? [] : [...(inForce.get(name) ?? []), value])
    }
  return inForce
}

/** Names of the settings whose values in force differ, sorted. Values stay inside: `Environment` may hold a secret. */
export function changedSettings(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const same = (name: string) =>
    JSON.stringify(before.get(name) ?? []) === JSON.stringify(after.get(name) ?? [])
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => !same(name)).sort()
}
