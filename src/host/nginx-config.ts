// The effective configuration of nginx, read without running it: which files it takes in, what they name, what they load.
// Live system and shadow are read by the same function through the view that is handed in.
import { type Digest, sha256 } from '../base/hash.ts'
import { type FileView, glob, isPattern, isPrivate, resolvePath } from './file-view.ts'
import {
  type FileRole,
  holdsData,
  type Listen,
  loadsCode,
  readListen,
  readsFile,
  sharedBytes,
  writesTo,
} from './nginx-directives.ts'
import { type Directive, parseNginx, type SyntaxFault } from './nginx-syntax.ts'

export interface EffectiveFile {
  /** As an include names it, with globs worked out. */
  readonly path: string
  /** With every link resolved. */
  readonly real: string
  readonly digest: Digest
  readonly isPrivate: boolean
}

export interface Place {
  /** Real path of the file that says it. */
  readonly path: string
  readonly line: number
}

export interface NamedFile extends Place {
  readonly role: FileRole
  /** Absolute, links not resolved. */
  readonly file: string
  /** With every link resolved, where it is there. */
  readonly real?: string
}

export interface CertificatePair extends Place {
  readonly certificate: string
  readonly key: string
}

export interface NginxProblem extends Place {
  readonly code:
    | 'nginx.syntax'
    | 'nginx.include_missing'
    | 'nginx.include_unreadable'
    | 'nginx.too_many_files'
    | 'trial.over_budget'
  readonly detail: string
}

export interface NginxConfig {
  /** In the order nginx reads them, each real file once. */
  readonly files: readonly EffectiveFile[]
  readonly includes: readonly (Place & { readonly pattern: string })[]
  readonly named: readonly NamedFile[]
  readonly pairs: readonly CertificatePair[]
  readonly written: readonly (Place & { readonly file: string })[]
  readonly serverNames: readonly string[]
  readonly listens: readonly Listen[]
  /** Load-affecting directives as text, sorted, with repetitions. */
  readonly code: readonly string[]
  readonly codeFiles: readonly string[]
  /** Names of all directives in force that are not data. */
  readonly directives: ReadonlySet<string>
  /** Size of all shared zones. */
  readonly sharedBytes: number
  /** `daemon off` is set. */
  readonly foreground: boolean
  readonly problems: readonly NginxProblem[]
}

export interface NginxPaths {
  /** Absolute path of the main file. */
  readonly main: string
  /** Relative logs, temporary and module paths start here (`--prefix`). */
  readonly prefix: string
}

const MAX_FILES = 2000
const MAX_DEPTH = 32
/** Of all files, each as often as it is taken in: what a reading keeps in memory and the time it takes grow with them. */
const MAX_TEXT = 33_554_432
const MAX_WORDS = 1_000_000
/** Of shared zones the sandbox gives room for no more: nginx fills one part in 170 of a zone when it makes it. */
const MAX_SHARED = 2 ** 34

/** Total: whatever the text is, the answer is a value; what could not be read is among `problems`. */
export function readNginx(view: FileView, paths: NginxPaths): NginxConfig {
  const walk = new Walk(view, paths)
  walk.file(paths.main, { path: paths.main, line: 0 }, false, 0, { certificates: [], keys: [] })
  return walk.result()
}

/** Is this file part of what nginx reads? (E4: a file that is not included is not tested.) */
export function isEffective(config: NginxConfig, real: string): boolean {
  return (
    config.files.some((file) => file.real === real || file.path === real) ||
    config.named.some((named) => named.file === real || named.real === real)
  )
}

/** `family` is what stands before `certificate` (`ssl_`, `proxy_ssl_` …): pairs are made within one. */
type Half = Place & { readonly file: string; readonly family: string }

/** Which real paths hold a secret, and the keyed hash that stands for their bytes. */
export interface SecretFiles {
  has(real: string): boolean
  keyed(bytes: Uint8Array): string
}
export const NO_SECRETS: SecretFiles = { has: () => false, keyed: () => '' }

/**
 * The configuration's files and everything they name, each once by its real path: what must be equal before and after a
 * reload. Keys, passwords and tickets are left out, and a file that the inventory calls secret is named by the runner's key:
 * no plain digest of a secret is taken (spine §8).
 */
export function effectiveSet(
  config: NginxConfig,
  view: FileView,
  secrets: SecretFiles,
): readonly { readonly path: string; readonly digest: Digest }[] {
  const found = new Map(config.files.map(({ real, digest }) => [real, digest]))
  const digests = new Map<Uint8Array, Digest>()
  for (const { role, file } of config.named) {
    if (role === 'key' || role === 'password' || role === 'ticket') continue
    const resolved = resolvePath(view, file)
    if (resolved?.look.kind !== 'file' || isPrivate(resolved.look)) continue
    const digest = digests.get(resolved.look.bytes) ?? sha256(resolved.look.bytes)
    digests.set(resolved.look.bytes, digest)
    found.set(resolved.real, digest)
  }
  for (const path of found.keys()) {
    if (!secrets.has(path)) continue
    const look = resolvePath(view, path)?.look
    // Both are 64 hex digits; only the runner can make the second.
    if (look?.kind === 'file') found.set(path, secrets.keyed(look.bytes) as Digest)
    else found.delete(path)
  }
  return [...found].map(([path, digest]) => ({ path, digest })).sort((a, b) => (a.path < b.path ? -1 : 1))
}

interface Scope {
  readonly certificates: Half[]
  readonly keys: Half[]
}

class Walk {
  readonly #view: FileView
  readonly #paths: NginxPaths
  readonly #confDirectory: string
  readonly #files = new Map<string, EffectiveFile>()
  readonly #includes: (Place & { pattern: string })[] = []
  readonly #named: NamedFile[] = []
  readonly #pairs = new Map<string, CertificatePair>()
  readonly #written: (Place & { file: string })[] = []
  readonly #serverNames = new Set<string>()
  readonly #listens = new Map<string, Listen>()
  readonly #code: string[] = []
  readonly #codeFiles = new Set<string>()
  readonly #directives = new Set<string>()
  readonly #problems: NginxProblem[] = []
  #opened = 0
  #text = 0
  #words = 0
  #foreground = false
  #sharedBytes = 0

  constructor(view: FileView, paths: NginxPaths) {
    this.#view = view
    this.#paths = paths
    this.#confDirectory = paths.main.slice(0, paths.main.lastIndexOf('/'))
  }

  result(): NginxConfig {
    return {
      files: [...this.#files.values()],
      includes: this.#includes,
      named: this.#named,
      pairs: [...this.#pairs.values()],
      written: this.#written,
      serverNames: [...this.#serverNames],
      listens: [...this.#listens.values()],
      code: this.#code.sort(),
      codeFiles: [...this.#codeFiles],
      directives: this.#directives,
      sharedBytes: Math.min(this.#sharedBytes, MAX_SHARED),
      foreground: this.#foreground,
      problems: this.#problems,
    }
  }

  file(path: string, from: Place, data: boolean, depth: number, scope: Scope): void {
    if (++this.#opened > MAX_FILES || depth > MAX_DEPTH) {
      if (this.#problems.every((problem) => problem.code !== 'nginx.too_many_files'))
        this.#problem('nginx.too_many_files', from, path)
      return
    }
    const found = resolvePath(this.#view, path)
    if (found === undefined) return this.#problem('nginx.include_missing', from, path)
    if (found.look.kind !== 'file' || found.look.tooLarge)
      return this.#problem('nginx.include_unreadable', from, path)
    const { bytes } = found.look
    if (!this.#files.has(found.real))
      this.#files.set(found.real, {
        path,
        real: found.real,
        digest: sha256(bytes),
        isPrivate: isPrivate(found.look),
      })
    this.#text += bytes.length
    if (this.#text > MAX_TEXT) return this.#over('bytes', MAX_TEXT, found.real)
    const parsed = parseNginx(Buffer.from(bytes).toString('utf8'), MAX_WORDS - this.#words)
    this.#words += parsed.words
    if (this.#words > MAX_WORDS) return this.#over('words', MAX_WORDS, found.real)
    this.#block(parsed.directives, found.real, data, depth, scope)
    if (parsed.fault !== undefined)
      this.#problem(
        'nginx.syntax',
        { path: found.real, line: parsed.fault.line },
        faultText(parsed.fault.why),
      )
  }

  #block(directives: readonly Directive[], path: string, data: boolean, depth: number, scope: Scope): void {
    for (const directive of directives) {
      const place = { path, line: directive.line }
      if (directive.name === 'include') this.#include(directive, place, data, depth, scope)
      else if (!data) this.#directive(directive, place, depth, scope)
    }
  }

  #include(directive: Directive, place: Place, data: boolean, depth: number, scope: Scope): void {
    const [argument] = directive.args
    if (argument === undefined) return
    const pattern = absolute(argument, this.#confDirectory)
    this.#includes.push({ ...place, pattern })
    const paths = isPattern(pattern) ? glob(this.#view, pattern) : [pattern]
    for (const path of paths) this.file(path, place, data, depth + 1, scope)
  }

  #directive(directive: Directive, place: Place, depth: number, scope: Scope): void {
    const { name, args, block } = directive
    this.#directives.add(name)
    this.#sharedBytes += sharedBytes(name, args)
    if (name === 'daemon' && args[0] === 'off') this.#foreground = true
    if (loadsCode(name, args)) {
      this.#code.push([name, ...args].join(' '))
      for (const arg of args)
        for (const base of [this.#paths.prefix, this.#confDirectory])
          this.#codeFiles.add(absolute(arg.replace(/^engine:|=.*$/g, ''), base))
    }
    const reads = readsFile(name, args)
    if (reads !== undefined) this.#reads(name, reads, place, scope)
    const writes = writesTo(name, args)
    if (writes !== undefined)
      this.#written.push({ ...place, file: absolute(writes.path, this.#paths.prefix) })
    if (name === 'server_name') for (const serverName of args) this.#serverNames.add(serverName)
    if (name === 'listen') {
      const listen = readListen(args)
      if (listen !== undefined)
        this.#listens.set(`${listen.proto} ${listen.family} ${listen.address} ${listen.port}`, listen)
    }
    if (block === undefined) return
    const inner: Scope = { certificates: [], keys: [] }
    this.#block(block, place.path, holdsData(name), depth, inner)
    this.#pairUp(inner, scope)
  }

  /** Certificates and keys of one block, the nth with the nth; what a block does not name it takes from outside. */
  #pairUp(inner: Scope, outer: Scope): void {
    for (const family of new Set([...inner.certificates, ...inner.keys].map((half) => half.family))) {
      const own = (halves: readonly Half[]) => halves.filter((half) => half.family === family)
      const keys = own(inner.keys).length > 0 ? own(inner.keys) : own(outer.keys)
      const certificates =
        own(inner.certificates).length > 0 ? own(inner.certificates) : own(outer.certificates)
      certificates.forEach((certificate, i) => {
        const key = keys[i]
        if (key !== undefined) this.#pair(certificate, key)
      })
    }
  }

  #reads(name: string, reads: { role: FileRole; path: string }, place: Place, scope: Scope): void {
    const file = absolute(reads.path, this.#confDirectory)
    const real = resolvePath(this.#view, file)?.real
    this.#named.push({ ...place, role: reads.role, file, ...(real === undefined ? {} : { real }) })
    const half = { ...place, file, family: name.replace(/certificate(_key)?$/, '') }
    if (reads.role === 'certificate') scope.certificates.push(half)
    if (reads.role === 'key') scope.keys.push(half)
  }

  #pair(certificate: Half, key: Half): void {
    this.#pairs.set(`${certificate.file}\0${key.file}`, {
      path: certificate.path,
      line: certificate.line,
      certificate: certificate.file,
      key: key.file,
    })
  }

  #over(what: 'bytes' | 'words', limit: number, path: string): void {
    if (this.#problems.every((problem) => problem.code !== 'trial.over_budget'))
      this.#problem('trial.over_budget', { path, line: 0 }, `${what} ${limit}`)
  }

  #problem(code: NginxProblem['code'], place: Place, detail: string): void {
    this.#problems.push({ code, path: place.path, line: place.line, detail })
  }
}

function absolute(path: string, directory: string): string {
  return path.startsWith('/') ? path : `${directory}/${path}`
}

const FAULTS: Readonly<Record<SyntaxFault, string>> = {
  unexpected_semicolon: 'unexpected ";"',
  unexpected_open: 'unexpected "{"',
  unexpected_close: 'unexpected "}"',
  unexpected_after_quote: 'unexpected text after a quoted word',
  unclosed_block: 'a block is not closed, expecting "}"',
  unclosed_quote: 'a quote is not closed',
  unterminated: 'a directive is not ended, expecting ";" or "}"',
  too_deep: 'blocks are nested too deeply',
  too_many_words: 'too many words',
}

function faultText(why: SyntaxFault): string {
  return FAULTS[why]
}
