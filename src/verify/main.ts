// sekisho-verify: an export and a public key in, a verdict out. No database, no network; built into one file.
import { SekishoError } from '../base/error.ts'
import { parseEd25519Pem, parsePublicKey } from '../base/sign.ts'
import { parseLedgerKey } from '../ledger/checkpoint.ts'
import { MAX_LINE_BYTES } from '../ledger/export.ts'
import { type Verdict, Verifier, type VerifyOptions } from '../ledger/verify.ts'
import { environment } from '../sys/config.ts'
import { readRegular } from '../sys/files.ts'
import { readLines } from '../sys/lines.ts'
import { plainJson } from '../words/layout.ts'
import { VERIFY_WORDS, type VerifyWords } from '../words/verify.ts'
import type { Language } from '../words/words.ts'

const MAX_SMALL_FILE = 1_048_576
const USAGE = 64
const FAILED = 1

interface Arguments {
  readonly file: string
  readonly key: string
  readonly change?: string
  readonly checkpoints: readonly string[]
  readonly approvers?: string
  readonly json: boolean
}

/** A complaint for the person at the keyboard; `exit` is the code. */
class Complaint extends Error {
  readonly exit: number
  constructor(message: string, exit: number) {
    super(message)
    this.exit = exit
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const words = VERIFY_WORDS[languageOf(argv)]
  try {
    if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) {
      process.stdout.write(`${words.usage}\n`)
      return argv.length === 0 ? USAGE : 0
    }
    const given = parse(argv, words)
    const options = await load(given, words)
    const verdict = await verify(given.file, options)
    const text = given.json ? plainJson(verdict) : render(verdict, options, words).join('\n')
    process.stdout.write(`${text}\n`)
    return verdict.exit
  } catch (error) {
    if (error instanceof Complaint) {
      process.stderr.write(`${error.message}\n`)
      return error.exit
    }
    if (!(error instanceof SekishoError)) throw error
    process.stderr.write(
      `${words.unreadable(String(error.detail['path']))} (${String(error.detail['why'] ?? error.code)})\n`,
    )
    return FAILED
  }
}

async function verify(file: string, options: VerifyOptions): Promise<Verdict> {
  const verifier = new Verifier(options)
  let cut = false
  for await (const chunk of readLines(file, MAX_LINE_BYTES)) {
    for (const line of chunk.lines) verifier.line(line)
    cut = chunk.cut
    if (verifier.settled) break
  }
  return verifier.end(cut)
}

function parse(argv: readonly string[], words: VerifyWords): Arguments {
  const files: string[] = []
  const checkpoints: string[] = []
  const named: { key?: string; change?: string; approvers?: string } = {}
  let json = false
  for (let i = 0; i < argv.length; i++) {
    const option = argv[i] ?? ''
    const value = () => {
      const next = argv[++i]
      if (next === undefined) throw new Complaint(words.usage, USAGE)
      return next
    }
    switch (option) {
      case '--json':
        json = true
        break
      case '--lang':
        value()
        break
      case '--key':
        named.key = value()
        break
      case '--change':
        named.change = value()
        break
      case '--approvers':
        named.approvers = value()
        break
      case '--checkpoint':
        checkpoints.push(value())
        break
      default:
        if (option.startsWith('-') && option !== '-')
          throw new Complaint(`${words.unknownOption(option)}\n${words.usage}`, USAGE)
        files.push(option)
    }
  }
  const [file, ...more] = files
  const { key, ...rest } = named
  if (file === undefined || more.length > 0 || key === undefined) throw new Complaint(words.usage, USAGE)
  return { file, key, checkpoints, json, ...rest }
}

async function load(given: Arguments, words: VerifyWords): Promise<VerifyOptions> {
  const key = parseLedgerKey(given.key) ?? (await keyFile(given.key))
  if (key === undefined) throw new Complaint(words.badKey(given.key), USAGE)
  const heads: string[] = []
  for (const path of given.checkpoints) heads.push(await smallFile(path))
  return {
    key,
    heads,
    ...(given.change === undefined ? {} : { change: given.change }),
    ...(given.approvers === undefined
      ? {}
      : { approvers: approversOf(await smallFile(given.approvers), words) }),
  }
}

async function keyFile(path: string): Promise<VerifyOptions['key'] | undefined> {
  if (path.includes('\n')) return undefined
  const text = await smallFile(path)
  const publicKey = parseEd25519Pem(text)
  return parseLedgerKey(text) ?? (publicKey === undefined ? undefined : { publicKey })
}

async function smallFile(path: string): Promise<string> {
  const read = await readRegular(path, MAX_SMALL_FILE)
  if (read === undefined) throw new SekishoError('file.unreadable', { path, why: 'ENOENT' })
  return read.bytes.toString('utf8')
}

function approversOf(text: string, words: VerifyWords): ReadonlyMap<string, ReadonlySet<string>> {
  const approvers = new Map<string, Set<string>>()
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, name, rest] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? []
    const key = rest === undefined ? undefined : parsePublicKey(rest)
    if (name === undefined || key?.ok !== true) throw new Complaint(words.badApprovers(i + 1), USAGE)
    approvers.set(name, (approvers.get(name) ?? new Set()).add(key.key.fingerprint))
  }
  return approvers
}

function render(verdict: Verdict, options: VerifyOptions, words: VerifyWords): string[] {
  switch (verdict.state) {
    case 'sound': {
      const { checkpoint, entries, extract, change } = verdict
      const { origin, size, root } = checkpoint
      return [
        words.sound({ origin, entries, size, extract }),
        words.root(root),
        words.blobs({ blobs: verdict.blobs, erased: verdict.erased.length }),
        words.statements(verdict.statements, options.approvers !== undefined),
        ...verdict.erased.map(words.erased),
        ...(extract ? [words.extractLimit] : []),
        ...(change === undefined ? [] : [words.change({ id: change.id, entries: change.entries.length })]),
        ...(change?.entries ?? []).map(
          (entry) =>
            `    ${String(entry.seq).padStart(6)}  ${entry.at}  ${entry.kind}  ${visible(entry.actor)}`,
        ),
      ]
    }
    case 'altered':
      return [words.altered(verdict), words.alteredWhy(verdict.why)]
    case 'truncated':
      return [words.truncated(verdict)]
    case 'forked':
      return [words.forked(verdict)]
    case 'signature':
      return [words.signature(verdict.why)]
    case 'broken':
      return [
        words.broken(verdict.broken.length),
        ...verdict.broken.map((one) => words.brokenOne({ ...one, change: visible(one.change) })),
      ]
    case 'no_such_change':
      return [words.noSuchChange(visible(verdict.change))]
  }
}

/** Control, format and bidirectional characters are shown, not obeyed. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return `<U+${code}>`
  })
}

function languageOf(argv: readonly string[]): Language {
  const at = argv.indexOf('--lang')
  const asked = at >= 0 ? argv[at + 1] : undefined
  const { LC_ALL, LC_MESSAGES, LANG } = environment
  return (asked ?? LC_ALL ?? LC_MESSAGES ?? LANG ?? '').startsWith('ja') ? 'ja' : 'en'
}

process.exitCode = await main(process.argv.slice(2))
