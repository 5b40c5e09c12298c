// Reads which lines the tests ran, in lcov or Cobertura, and holds it against the files of the tree: a report of another commit or of other code counts for
// nothing.
import { readXml, XmlFault } from './xml.ts'

export type CoverageFormat = 'lcov' | 'cobertura'

export interface CoveredFile {
  readonly path: string
  /** Line numbers in order. */
  readonly hit: readonly number[]
  readonly missed: readonly number[]
}

export type ReadCoverage =
  | { readonly ok: true; readonly files: readonly CoveredFile[] }
  | { readonly ok: false; readonly why: string }

const LINES_MAX = 3_000_000
const LINE_MAX = 10_000_000

/** `root`: where the tree lay when the tests ran; paths below it become relative. */
export function readCoverage(format: CoverageFormat, bytes: Uint8Array, root: string): ReadCoverage {
  const found = new Lines(root)
  const text = new TextDecoder().decode(bytes)
  try {
    return format === 'lcov' ? readLcov(text, found) : readCobertura(text, found)
  } catch (error) {
    if (error instanceof XmlFault || error instanceof RangeError) return { ok: false, why: error.message }
    throw error
  }
}

/** A line counts as run where any record says so. */
class Lines {
  readonly #files = new Map<string, Map<number, boolean>>()
  readonly #root: string
  #count = 0
  constructor(root: string) {
    this.#root = root.endsWith('/') ? root : `${root}/`
  }
  add(path: string, line: number, hits: number): void {
    if (!Number.isSafeInteger(line) || line < 1 || line > LINE_MAX || Number.isNaN(hits))
      throw new RangeError('a line number or a count is damaged')
    const name = this.#named(path)
    const lines = this.#files.get(name) ?? new Map<number, boolean>()
    this.#files.set(name, lines)
    if (!lines.has(line) && ++this.#count > LINES_MAX) throw new RangeError('too many lines')
    lines.set(line, lines.get(line) === true || hits > 0)
  }
  #named(path: string): string {
    const below = path.startsWith(this.#root) ? path.slice(this.#root.length) : path
    return below.replace(/^(?:\.\/)+/, '')
  }
  read(): ReadCoverage {
    const files = [...this.#files].map(([path, lines]) => {
      const numbers = [...lines.keys()].toSorted((a, b) => a - b)
      return {
        path,
        hit: numbers.filter((line) => lines.get(line) === true),
        missed: numbers.filter((line) => lines.get(line) === false),
      }
    })
    return { ok: true, files }
  }
}

function readLcov(text: string, found: Lines): ReadCoverage {
  let path: string | undefined
  let records = 0
  for (const line of text.split('\n')) {
    const said = line.trimEnd()
    if (said.startsWith('SF:')) {
      path = said.slice(3)
      records += 1
    } else if (said.startsWith('DA:')) {
      const [number = '', hits = ''] = said.slice(3).split(',')
      if (path === undefined) return { ok: false, why: 'a line without its file' }
      found.add(path, Number(number), Number(hits))
    } else if (said === 'end_of_record') path = undefined
  }
  if (records === 0) return { ok: false, why: 'it names no file' }
  return path === undefined ? found.read() : { ok: false, why: 'it is cut off' }
}

function readCobertura(text: string, found: Lines): ReadCoverage {
  let path: string | undefined
  let source = ''
  let inSource = false
  let isCoverage = false
  for (const event of readXml(text)) {
    if (event.kind === 'text') {
      if (inSource && source === '') source = event.text.trim()
    } else if (event.kind === 'open') {
      if (event.name === 'coverage') isCoverage = true
      if (event.name === 'source') inSource = true
      if (event.name === 'class') path = joined(source, event.attributes.get('filename') ?? '')
      if (event.name === 'line' && path !== undefined)
        found.add(path, Number(event.attributes.get('number')), Number(event.attributes.get('hits')))
    } else if (event.name === 'source') inSource = false
    else if (event.name === 'class') path = undefined
  }
  return isCoverage ? found.read() : { ok: false, why: 'it is no coverage report' }
}

/** Reporters write the file below one source directory, or as it stands. */
function joined(source: string, name: string): string {
  return source === '' || source === '.' || name.startsWith('/')
    ? name
    : `${source.replace(/\/$/, '')}/${name}`
}

export interface CoverageOfTree {
  /** Ten thousandths of the lines of files of the tree. */
  readonly share: number
  readonly files: readonly CoveredFile[]
}
export type CoverageFault = 'foreign' | 'other_commit' | 'empty'

/** `linesOf`: how many lines a file of the tree has; undefined where the tree has no such file. */
export function coverageOfTree(
  files: readonly CoveredFile[],
  linesOf: (path: string) => number | undefined,
):
  | { readonly ok: true; readonly coverage: CoverageOfTree }
  | { readonly ok: false; readonly fault: CoverageFault; readonly path: string } {
  const own = files.filter(({ path }) => linesOf(path) !== undefined)
  if (own.length === 0)
    return { ok: false, fault: files.length === 0 ? 'empty' : 'foreign', path: files[0]?.path ?? '' }
  for (const { path, hit, missed } of own) {
    const last = Math.max(hit.at(-1) ?? 0, missed.at(-1) ?? 0)
    // Some reporters count the empty line behind the last one.
    if (last > (linesOf(path) ?? 0) + 1) return { ok: false, fault: 'other_commit', path }
  }
  const hit = own.reduce((sum, file) => sum + file.hit.length, 0)
  const all = own.reduce((sum, file) => sum + file.hit.length + file.missed.length, 0)
  if (all === 0) return { ok: false, fault: 'empty', path: own[0]?.path ?? '' }
  return { ok: true, coverage: { share: Math.floor((hit * 10_000) / all), files: own } }
}
