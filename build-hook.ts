// The bundle of the hook, which an agent starts before each of its calls: it answers one question and ends, so what counts is what it does
// not do. Modules run when something of them is first asked for (a common bundle runs all of them: 10 ms); those that ordinary calls
// need lie in a first part, the others in a second one; and beside each part lies what V8 compiled of it here, on files that belong to
// whoever owns the bundle. V8 refuses what another V8 compiled: then the text is compiled as ever. `node bench/guard.ts` measures it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { build, type Plugin, transform } from 'esbuild'
import { PROGRAM_NAMES } from './src/guard/program-names.ts'

const ROOT = import.meta.dirname
const TARGET = 'node24'

/**
 * Node's own modules are taken by `process.getBuiltinModule`: an `import` of `node:http` reads each of its exports, and with that loads
 * a whole fetch that nobody asked for (30 ms of every command).
 */
export const builtins: Plugin = {
  name: 'builtins',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path }) =>
      isBuiltin(path)
        ? { path: path.replace(/^node:/, ''), namespace: 'builtin', sideEffects: false }
        : undefined,
    )
    esbuild.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`,
      loader: 'js',
    }))
  },
}

export interface Linked {
  /** In the order in which they were met; the first is the entry. */
  readonly names: readonly string[]
  /** For each a function that fills an object with what the module exports. */
  readonly modules: readonly string[]
}

/** What is known ahead of time takes the place of the file that finds it out. */
const KNOWN: Readonly<Record<string, string>> = {
  'src/guard/program-names.ts': `export const PROGRAM_NAMES = ${JSON.stringify(PROGRAM_NAMES)}`,
}

/** All modules that an entry can reach, each with its imports turned into `$r(number).name` where the name is used. */
export async function link(entry: string): Promise<Linked> {
  const paths: string[] = []
  const numbers = new Map<string, number>()
  const numberOf = (path: string) => {
    let found = numbers.get(path)
    if (found === undefined) {
      numbers.set(path, (found = paths.length))
      paths.push(path)
    }
    return found
  }
  numberOf(resolve(ROOT, entry))
  const modules: string[] = []
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i] as string
    const source = KNOWN[relative(ROOT, path)] ?? readFileSync(path, 'utf8')
    const loader = path.endsWith('.ts') ? 'ts' : 'js'
    const { code } = await transform(source, { loader, format: 'cjs', target: TARGET })
    const body = lazily(code, path, (from) =>
      from.startsWith('node:') ? `$b(${JSON.stringify(from)})` : `$r(${numberOf(found(from, path))})`,
    )
    const small = await transform(`module.exports=function(exports){${body}}`, {
      minify: true,
      target: TARGET,
    })
    modules.push(
      plain(
        small.code
          .trim()
          .replace(/^module\.exports=/, '')
          .replace(/;$/, ''),
      ),
    )
  }
  return { names: paths.map((path) => relative(ROOT, path)), modules }
}

function found(from: string, importer: string): string {
  if (from.startsWith('.')) return resolve(dirname(importer), from)
  const directory = join(ROOT, 'node_modules', from)
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    readonly exports: { readonly '.': { readonly default: string } }
  }
  return join(directory, exports['.'].default)
}

/** Our part of what esbuild writes for a module: exports as they are defined, imports where they are used. Throws on a form it does not know. */
function lazily(code: string, path: string, importOf: (from: string) => string): string {
  const end = /^module\.exports = __toCommonJS\(\w+\);\n/m.exec(code)
  if (end === null) throw new Error(`${path} exports nothing`)
  const head = code.slice(0, end.index)
  let body = code
    .slice(end.index + end[0].length)
    .replace(/^0 && \(module\.exports = \{[\s\S]*?\}\);\n?/m, '')
  let first = ''
  let last = ''
  const table = /^__export\(\w+, \{\n([\s\S]*?)^\}\);/m.exec(head)?.[1] ?? ''
  for (const [, name = '', local = ''] of table.matchAll(/^ {2}(\w+): \(\) => ([\w.]+),?$/gm)) {
    // What another module exports is asked of it each time.
    if (local.includes('.'))
      body = `Object.defineProperty(exports, "${name}", { get: () => ${local} });\n${body}`
    if (local.includes('.')) continue
    // A function is there from the beginning, also for a module that is in a circle with this one.
    const isFunction = new RegExp(`^(?:async )?function\\*? ${local}\\(`, 'm').test(body)
    if (isFunction) first += `exports.${name}=${local};\n`
    else last += `exports.${name}=${local};\n`
  }
  const imports = new Map<string, string>()
  body = body.replace(
    /^var (\w+) = (?:__toESM\()?require\("([^"]+)"\)\)?;\n/gm,
    (_line, name: string, from: string) => {
      if (!name.startsWith('import_')) return `const ${name} = ${importOf(from)};\n`
      imports.set(name, importOf(from))
      return ''
    },
  )
  if (imports.size > 0) {
    const names = [...imports.keys()].join('|')
    const of = (name: string) => imports.get(name) ?? ''
    body = body
      .replace(
        new RegExp(`\\bnew (${names})\\.(\\w+)`, 'g'),
        (_all, name: string, what: string) => `new (${of(name)}.${what})`,
      )
      .replace(new RegExp(`\\b(${names})\\.`, 'g'), (_all, name: string) => `${of(name)}.`)
    const left = new RegExp(`\\b(?:${names})\\b`).exec(body)
    if (left !== null) throw new Error(`${path} uses ${left[0]} as a whole`)
  }
  const unknown = /\brequire\(|__toESM|__toCommonJS|__export\(/.exec(body)
  if (unknown !== null)
    throw new Error(`${path} has a form that the bundle of the hook does not know: ${unknown[0]}`)
  return first + body + last
}

/** One byte a character: V8 reads it as it lies there. In texts, templates and patterns an escape means the same. */
const plain = (code: string) =>
  code.replace(/[^\x20-\x7e\n]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The first part: an expression that is given the others when a module is asked for that it does not have. Alone it is the whole. */
export function firstPart({ modules }: Linked, isHere: (number: number) => boolean = () => true): string {
  const here = modules.flatMap((one, i) => (isHere(i) ? [`${i}:${one}`] : []))
  return `(function($more){"use strict";const $l={},$f={},$d={${here.join(',\n')}};function $b(n){return $l[n]??=process.getBuiltinModule(n)}function $r(i){let m=$f[i];if(m===void 0){m=$f[i]={};if($d[i]===void 0)$more(i)($d,$r,$b);$d[i](m)}return m}return{run:()=>$r(0),loaded:()=>Object.keys($f)}})`
}

function otherPart({ modules }: Linked, isHere: (number: number) => boolean): string {
  const here = modules.flatMap((one, i) => (isHere(i) ? [`$d[${i}]=${one};`] : []))
  return `(function($d,$r,$b){"use strict";${here.join('\n')}})`
}

/** Where the parts lie in the file of the parts: the text from here on, and behind it what was compiled of it. */
interface Place {
  readonly at: number
  readonly text: number
  readonly code: number
}

/** What the hook's program loads its parts with. Read as it is needed; the process ends in them. */
const loader = (name: string, places: readonly Place[], partOf: readonly number[]) => `
const fs = process.getBuiltinModule('node:fs')
const { Script } = process.getBuiltinModule('node:vm')
const places = ${JSON.stringify(places)}, partOf = ${JSON.stringify(partOf)}
export function runHere() {
  const file = fs.openSync(__dirname + ${JSON.stringify(`/${name}`)})
  const part = ({ at, text, code }) => {
    const bytes = Buffer.allocUnsafeSlow(text + code)
    for (let read = 0; read < bytes.length; ) {
      const more = fs.readSync(file, bytes, read, bytes.length - read, at + read)
      if (more === 0) throw new Error(${JSON.stringify(`${name} is not whole`)})
      read += more
    }
    const cachedData = bytes.subarray(text)
    return new Script(bytes.latin1Slice(0, text), { filename: ${JSON.stringify(name)}, cachedData }).runInThisContext()
  }
  part(places[0])((i) => part(places[partOf[i]])).run().runHere()
}
`

/** Calls as they come all day. What all of them need is the first part; what one needs beside that is a part of its own. */
const ORDINARY: readonly string[] = [
  'git status',
  'ls -la src && cat README.md | head -20; grep -rn "name" src --include="*.ts" | wc -l',
]
/** What no ordinary call needs is brought by its room; the rest together. */
const ROOMS = ['src/guard/tools', 'src/guard/code', 'src/guard/sql', 'src/words']
/** And what else is compiled ahead: calls that are refused, and others that come often. */
const OTHERS: readonly string[] = [
  'rm -rf backend/data',
  'git push --force origin main',
  'cat .env',
  'npm test 2>&1 | tail -20',
  'find . -name "*.ts" -newer package.json | xargs grep -l test',
  'sed -n 1,20p a.ts; for f in a b; do echo "$f"; done',
  `python3 -c "import os; os.remove('backend/data/a')"; node -e "fs.rmSync('a')"`,
  'psql -c "delete from a"',
]
/** Rules of the kind that `config apply` writes, so that what reads them is compiled too. */
const POLICY = {
  v: 1,
  version: 'x',
  level: 'guard',
  protect: [
    {
      name: 'data',
      kind: 'data',
      service: 'a',
      paths: ['/srv/app/backend/data/**'],
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source: 'services.a',
      api: { base: 'http://127.0.0.1' },
    },
  ],
  services: [
    {
      name: 'a',
      units: ['a.service'],
      processes: ['a'],
      ports: [80],
      containers: ['a'],
      urls: ['http://127.0.0.1'],
    },
  ],
  databases: [{ name: 'a', engine: 'postgres', service: 'a' }],
  branches: ['main'],
  pauseAfter: 5,
  rules: {},
  strict: false,
}

/**
 * Runs the parts over these calls as the hook would, says which modules they needed, and leaves what V8 made of the parts. A process of its
 * own: it ends with what it compiled.
 */
const WARM = `
const fs = require('node:fs'), { Script } = require('node:vm'), { join } = require('node:path')
const [directory, ...words] = process.argv.slice(1)
const [partOf, from, to] = words.map((one) => JSON.parse(one))
const scripts = []
const part = (i) => (scripts[i] ??= new Script(fs.readFileSync(join(directory, i + '.js'), 'latin1'), { filename: String(i) })).runInThisContext()
const { run, loaded } = part(0)((i) => part(partOf[i]))
process.exit = () => {}
for (const language of ['ja', 'en'])
  for (let i = from; i < to; i++) {
    process.argv = ['node', 'hook', 'hook', 'claude-code', '--guard', join(directory, 'guard'), '--lang', language]
    fs.closeSync(0)
    fs.openSync(join(directory, 'calls', String(i)))
    run().runHere()
  }
fs.writeFileSync(join(directory, 'loaded'), JSON.stringify(loaded().map(Number)))
for (const [i, script] of scripts.entries()) if (script !== undefined) fs.writeFileSync(join(directory, i + '.code'), script.createCachedData())
`

export interface Made {
  readonly name: string
  readonly contents: Uint8Array
}

/** The files of the hook: its program, and the parts that it loads under a name that is theirs alone. */
export async function buildHook(): Promise<readonly Made[]> {
  const linked = await link('src/hook/main.ts')
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-hook-'))
  try {
    prepare(directory)
    const partOf = partsOf(linked, directory)
    const last = Math.max(...partOf)
    const texts: string[] = []
    for (let part = 0; part <= last; part++) {
      const write = part === 0 ? firstPart : otherPart
      const text = aligned(write(linked, (module) => partOf[module] === part))
      writeFileSync(join(directory, `${part}.js`), text)
      texts.push(text)
    }
    // The first parts as ordinary calls leave them, and the others as the other calls do.
    const codes: Buffer[] = []
    const read = (until: number) => {
      while (codes.length < until) codes.push(readFileSync(join(directory, `${codes.length}.code`)))
    }
    warm(directory, partOf, 0, ORDINARY.length)
    read(ORDINARY.length + 1)
    warm(directory, partOf, ORDINARY.length, ORDINARY.length + OTHERS.length)
    read(last + 1)
    return await withParts(texts, codes, partOf)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** For each module the part that brings it. */
function partsOf(linked: Linked, directory: string): readonly number[] {
  writeFileSync(join(directory, '0.js'), firstPart(linked))
  const needs = ORDINARY.map((_call, i) => {
    warm(directory, [], i, i + 1)
    return new Set(JSON.parse(readFileSync(join(directory, 'loaded'), 'utf8')) as readonly number[])
  })
  return linked.modules.map((_module, i) => {
    if (needs.every((one) => one.has(i))) return 0
    const own = needs.findIndex((one) => one.has(i))
    if (own !== -1) return own + 1
    const room = ROOMS.indexOf(dirname(linked.names[i] ?? ''))
    return ORDINARY.length + 1 + (room === -1 ? ROOMS.length : room)
  })
}

async function withParts(
  texts: readonly string[],
  codes: readonly Buffer[],
  partOf: readonly number[],
): Promise<readonly Made[]> {
  const places: Place[] = []
  const pieces: Buffer[] = []
  let at = 0
  for (const [i, text] of texts.entries()) {
    const code = codes[i] ?? Buffer.alloc(0)
    places.push({ at, text: text.length, code: code.length })
    pieces.push(Buffer.from(text, 'latin1'), code)
    at += text.length + code.length
  }
  const parts = Buffer.concat(pieces)
  // A name for each content: a program never meets parts that are not its own, nor a text that was compiled as another one.
  const name = `hook-${createHash('sha256').update(parts).digest('hex').slice(0, 16)}.parts`
  const loading: Plugin = {
    name: 'loading',
    setup(esbuild) {
      esbuild.onLoad({ filter: /\/src\/hook\/main\.ts$/ }, () => ({
        contents: loader(name, places, partOf),
        loader: 'js',
      }))
    },
  }
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { hook: 'src/hook/start.ts' },
    outdir: ROOT,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: TARGET,
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [loading, builtins],
  })
  const [program] = outputFiles
  if (program === undefined || outputFiles.length > 1) throw new Error('The program of the hook is one file.')
  return [
    { name, contents: parts },
    { name: 'hook.cjs', contents: program.contents },
  ]
}

/** What was compiled lies behind it, where V8 reads without a copy. */
const aligned = (text: string) => text.padEnd(Math.ceil(text.length / 8) * 8)

function prepare(directory: string): void {
  mkdirSync(join(directory, 'guard', 'spool'), { recursive: true })
  writeFileSync(join(directory, 'guard', 'guard.json'), JSON.stringify(POLICY))
  mkdirSync(join(directory, 'calls'))
  for (const [i, command] of [...ORDINARY, ...OTHERS].entries()) {
    const call = {
      session_id: 's',
      cwd: '/srv/app',
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_input: { command },
    }
    writeFileSync(join(directory, 'calls', String(i)), JSON.stringify(call))
  }
}

function warm(directory: string, partOf: readonly number[], from: number, to: number): void {
  const words = [directory, ...[partOf, from, to].map((one) => JSON.stringify(one))]
  const made = spawnSync(process.execPath, ['-e', WARM, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(made.stderr)
}
