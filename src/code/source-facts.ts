// What one source file declares: its routes, the columns of its models, the variables of the environment that it reads, and the files that it imports.
// Read from tokens of JavaScript, TypeScript and Python, in the forms of their usual frameworks; what another form declares is not seen.
import { visible } from './path-rules.ts'
import {
  closingBracket,
  lineCounter,
  type SourceLanguage,
  type SourceText,
  sourceText,
} from './source-text.ts'

export interface Declared {
  /** `GET /users/:id`, `users.email`. */
  readonly name: string
  /** Its own text, without strings of comments: two that are equal did not change. */
  readonly text: string
  readonly line: number
}

export interface EnvironmentRead {
  readonly name: string
  readonly line: number
  /** It goes on without the variable. */
  readonly hasDefault: boolean
}

export interface SourceFacts {
  readonly routes: readonly Declared[]
  readonly models: readonly Declared[]
  readonly environment: readonly EnvironmentRead[]
  /** As they are written. */
  readonly imports: readonly string[]
}

export function factsOf(language: SourceLanguage, text: string): SourceFacts {
  const source = sourceText(language, text)
  const lineAt = lineCounter(text)
  const reader = { ...source, lineAt }
  return language === 'javascript'
    ? {
        routes: javascriptRoutes(reader),
        models: javascriptModels(reader),
        environment: javascriptEnvironment(reader),
        imports: found(/\b(?:from|import|require)\s*\(?\s*(['"`])([^'"`\n]{1,300})\1/g, reader, 2),
      }
    : {
        routes: pythonRoutes(reader),
        models: pythonModels(reader),
        environment: pythonEnvironment(reader),
        imports: pythonImports(reader),
      }
}

interface Reader extends SourceText {
  readonly lineAt: (at: number) => number
}

const METHODS = 'get|post|put|patch|delete|head|options|all'
const CALLED = new RegExp(
  String.raw`\b([\w$]*(?:app|router|server|fastify|api|routes?|hono)[\w$]*)\s*\.\s*(${METHODS})\s*\(\s*(['"\`])(\/[^'"\`\n]{0,300})\3\s*,`,
  'gi',
)
/** A comparison with the method in front of it or not: services without a framework. */
const COMPARED =
  /(?:method\s*===?\s*(['"])([A-Z]{3,7})\1\s*&&\s*[\w$.]{0,60})?\b(?:pathname|path|url)\s*===?\s*(['"])(\/[^'"\n]{0,300})\3/g

function javascriptRoutes(reader: Reader): readonly Declared[] {
  const routes: Declared[] = []
  for (const match of reader.code.matchAll(CALLED)) {
    if (!reader.bare.startsWith(match[1] ?? '', match.index)) continue // It stands in a text.
    const open = reader.bare.indexOf('(', match.index + (match[1]?.length ?? 0))
    routes.push(
      declared(
        reader,
        `${nameOfMethod(match[2])}${match[4]}`,
        match.index,
        closingBracket(reader.bare, open),
      ),
    )
  }
  for (const match of reader.code.matchAll(COMPARED)) {
    // Inside of a string it is a text about a route.
    if (!/[=]/.test(reader.bare.slice(match.index, match.index + match[0].length))) continue
    const end = lineEndAt(reader.bare, match.index + match[0].length)
    routes.push(
      declared(reader, `${match[2] === undefined ? '' : `${match[2]} `}${match[4]}`, match.index, end),
    )
  }
  return routes
}

const nameOfMethod = (method: string | undefined) =>
  method === undefined || method.toLowerCase() === 'all' ? '' : `${method.toUpperCase()} `

const DECORATED =
  /^[ \t]*@\s*[\w.]{1,100}\.(route|get|post|put|patch|delete|head|options|websocket)\s*\(\s*[rRuU]?(['"])(\/[^'"\n]{0,300})\2/gm
const DJANGO = /\b(re_path|path|url)\s*\(\s*[rR]?(['"])([^'"\n]{0,300})\2\s*,/g

function pythonRoutes(reader: Reader): readonly Declared[] {
  const routes: Declared[] = []
  for (const match of reader.code.matchAll(DECORATED)) {
    if (!reader.bare.slice(match.index, match.index + match[0].length).includes('@')) continue
    const open = reader.bare.indexOf('(', match.index)
    const close = closingBracket(reader.bare, open)
    const path = match[3] ?? ''
    const method = match[1] ?? ''
    const end = functionEnd(reader.bare, close)
    const listed = /methods\s*=\s*[[({]([^\])}]{0,200})/.exec(reader.code.slice(open, close))?.[1]
    const methods =
      method !== 'route'
        ? [method.toUpperCase()]
        : listed === undefined
          ? ['GET']
          : [...listed.matchAll(/['"](\w+)['"]/g)].map(([, one = '']) => one.toUpperCase())
    for (const one of methods) routes.push(declared(reader, `${one} ${path}`, match.index, end))
  }
  if (/\burlpatterns\b/.test(reader.bare))
    for (const match of reader.code.matchAll(DJANGO)) {
      const open = reader.bare.indexOf('(', match.index)
      routes.push(declared(reader, `/${match[3]}`, match.index, closingBracket(reader.bare, open)))
    }
  return routes
}

/** To the line that begins the next statement on the level of a decorator. */
function functionEnd(bare: string, from: number): number {
  const start = bare.lastIndexOf('\n', from) + 1
  let isInside = false
  for (let at = lineEndAt(bare, from) + 1; at > 0 && at < bare.length; at = lineEndAt(bare, at) + 1) {
    const line = bare.slice(at, lineEndAt(bare, at))
    if (line.trim() === '') continue
    const depth = line.length - line.trimStart().length
    const own = /^[ \t]*/.exec(bare.slice(start))?.[0].length ?? 0
    if (/^\s*(?:async\s+def|def|@)/.test(line) && !isInside) isInside = !/^\s*@/.test(line)
    else if (depth <= own && !/^\s*[)\]}]/.test(line)) return at - 1
  }
  return bare.length
}

const TABLE =
  /\b(?:pg|mysql|sqlite)Table\s*\(\s*(['"`])([\w.]{1,100})\1\s*,\s*\{|\bdefine\s*\(\s*(['"`])([\w.]{1,100})\3\s*,\s*\{/g
const ENTITY = /@Entity\s*\([^)]{0,200}\)\s*(?:export\s+)?(?:default\s+)?class\s+(\w+)[^{]{0,200}\{/g

function javascriptModels(reader: Reader): readonly Declared[] {
  const models: Declared[] = []
  for (const match of reader.code.matchAll(TABLE)) {
    const open = match.index + match[0].length - 1
    const name = match[2] ?? match[4] ?? ''
    models.push(...fieldsOf(reader, name, open, /(?<=[{,]\s*)(['"]?)([\w$]+)\1\s*:/g, 2))
  }
  for (const match of reader.code.matchAll(ENTITY)) {
    const open = match.index + match[0].length - 1
    const column =
      /@\w*Column\w*\s*\([^)]{0,400}\)\s*(?:(?:public|private|protected|readonly|declare)\s+)*([\w$]+)\s*[!?]?\s*:[^\n;]{0,200}/g
    models.push(...fieldsOf(reader, match[1] ?? '', open, column, 1))
  }
  return models
}

/** Each field of what opens at a bracket; its text goes to the next field. */
function fieldsOf(
  reader: Reader,
  model: string,
  open: number,
  field: RegExp,
  group: number,
): readonly Declared[] {
  const close = closingBracket(reader.bare, open)
  const inner = reader.code.slice(open, close)
  const matches = [...inner.matchAll(field)].filter(
    ({ index }) => depthAt(reader.bare, open, open + index) === 1,
  )
  return matches.map((match, i) => {
    const end = matches[i + 1]?.index ?? inner.length
    return declared(reader, `${model}.${match[group]}`, open + match.index, open + end)
  })
}

function depthAt(bare: string, from: number, to: number): number {
  let depth = 0
  for (let at = from; at < to; at++) {
    if ('([{'.includes(bare[at] as string)) depth += 1
    else if (')]}'.includes(bare[at] as string)) depth -= 1
  }
  return depth
}

const MODEL = /^class\s+(\w+)\s*\(([^)\n]{0,300})\)\s*:/gm
const MODEL_BASE = /\b(?:Model|Base|DeclarativeBase|SQLModel)\b/
const COLUMN =
  /^[ \t]+(\w+)\s*(?::[^=\n]{1,200})?=\s*(?:[\w.]{1,60}\.)?(?:Column|mapped_column|relationship|Field|\w+Field|ForeignKey)\s*\(/gm

function pythonModels(reader: Reader): readonly Declared[] {
  return [...reader.code.matchAll(MODEL)].flatMap((match) => {
    if (!MODEL_BASE.test(match[2] ?? '')) return []
    const start = match.index + match[0].length
    const next = /^\S/gm
    next.lastIndex = start
    const end = next.exec(reader.bare)?.index ?? reader.bare.length
    const body = reader.code.slice(start, end)
    return [...body.matchAll(COLUMN)].map((column) => {
      const open = start + column.index + column[0].length - 1
      const from = start + column.index + (column[0].length - column[0].trimStart().length)
      return declared(reader, `${match[1]}.${column[1]}`, from, closingBracket(reader.bare, open) + 1)
    })
  })
}

function javascriptEnvironment({ code, bare, lineAt }: Reader): readonly EnvironmentRead[] {
  const reads: EnvironmentRead[] = []
  const one =
    /\b(?:process\.env|import\.meta\.env|Bun\.env)(?:\?\.|\.)?(?:\[\s*(['"`])(\w+)\1\s*\]|(?<=\.)([A-Za-z_]\w*))|\bDeno\.env\.get\(\s*(['"`])(\w+)\4\s*\)/g
  for (const match of code.matchAll(one)) {
    if (bare[match.index] === ' ') continue
    const rest = code.slice(match.index + match[0].length, match.index + match[0].length + 80)
    reads.push({
      name: match[2] ?? match[3] ?? match[5] ?? '',
      line: lineAt(match.index),
      hasDefault: /^\s*(?:\?\?|\|\||=(?!=))/.test(rest),
    })
  }
  for (const match of code.matchAll(/\{([^{}]{1,2000})\}\s*=\s*process\.env\b/g))
    for (const part of (match[1] ?? '').matchAll(/([A-Za-z_]\w*)\s*(?::\s*\w+\s*)?(=)?/g))
      if (part[1] !== undefined && /^[A-Z]/.test(part[1]))
        reads.push({ name: part[1], line: lineAt(match.index), hasDefault: part[2] !== undefined })
  return reads
}

function pythonEnvironment({ code, bare, lineAt }: Reader): readonly EnvironmentRead[] {
  const pattern = /\b(?:os\.)?(?:environ(?:\.get\s*\(|\s*\[)|getenv\s*\()\s*(['"])(\w+)\1\s*(,)?/g
  return [...code.matchAll(pattern)]
    .filter(({ index }) => bare[index] !== ' ')
    .map((match) => ({ name: match[2] ?? '', line: lineAt(match.index), hasDefault: match[3] !== undefined }))
}

function pythonImports({ code }: Reader): readonly string[] {
  const imports: string[] = []
  for (const [, dots = '', from = '', names = ''] of code.matchAll(
    /^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+\(?([^\n)]{0,500})/gm,
  )) {
    const base = `${dots}${from}`
    imports.push(base)
    for (const name of names.split(',')) {
      const word = /^\s*(\w+)/.exec(name)?.[1]
      if (word !== undefined) imports.push(base.endsWith('.') ? `${base}${word}` : `${base}.${word}`)
    }
  }
  for (const [, names = ''] of code.matchAll(/^[ \t]*import[ \t]+([^\n]{1,500})/gm))
    for (const name of names.split(',')) {
      const word = /^\s*([\w.]+)/.exec(name)?.[1]
      if (word !== undefined) imports.push(word)
    }
  return imports
}

function found(pattern: RegExp, { code }: Reader, group: number): readonly string[] {
  return [...code.matchAll(pattern)].map((match) => match[group] ?? '')
}

function declared({ code, lineAt }: Reader, name: string, from: number, to: number): Declared {
  return { name: visible(name), text: code.slice(from, to).replace(/\s+/g, ' ').trim(), line: lineAt(from) }
}

function lineEndAt(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}
