// Looks at the lines that a change adds: debugging that was left in, prints where the service should log, and what reads as a secret. Of a secret the kind, the
// path and the line are named, and never a sign of the value.
import { type Finding, finding, firstFindings } from './finding.ts'
import { languageOf, sourceText } from './source-text.ts'
import { isTestPath } from './test-paths.ts'

export interface AddedTo {
  readonly path: string
  readonly after: string
  /** Line numbers of `after`. */
  readonly lines: readonly number[]
}

const DEBUGGING: readonly (readonly [RegExp, RegExp, string])[] = [
  [/\.(?:[cm]?[jt]sx?)$/, /(?<![\w$.])debugger\s*(?:;|$)/, 'debugger'],
  [/\.(?:[cm]?[jt]sx?)$/, /\bconsole\.(?:trace|table|dir)\s*\(/, 'console.trace'],
  [/\.(?:[cm]?[jt]sx?)$/, /\b(?:test|it|describe)\.only\s*\(/, '.only'],
  [
    /\.py$/,
    /(?<![\w.])(?:breakpoint\s*\(|(?:i?pdb|pudb)\.set_trace\s*\(|import\s+(?:i?pdb|pudb)\b)/,
    'breakpoint',
  ],
  [/\.py$/, /\bdebug\s*=\s*True\b/, 'debug=True'],
  [/\.py$/, /\.DEBUG\s*=\s*True\b|^\s*DEBUG\s*=\s*True\b/, 'DEBUG = True'],
  [/\.(?:json|service|sh)$|(?:^|\/)Dockerfile$/, /\s--inspect(?:-brk|-wait)?\b/, '--inspect'],
  [/\.rb$/, /\bbinding\.(?:pry|irb)\b/, 'binding.pry'],
]
const PRINTS: readonly (readonly [RegExp, RegExp, string])[] = [
  [/\.(?:[cm]?[jt]sx?)$/, /\bconsole\.(?:log|debug|info|warn|error)\s*\(/, 'console.log'],
  [/\.py$/, /(?<![\w.])p?print\s*\(/, 'print'],
  [/\.go$/, /\bfmt\.Print(?:ln|f)?\s*\(/, 'fmt.Println'],
  [/\.php$/, /\b(?:var_dump|print_r)\s*\(/, 'var_dump'],
]

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/, 'private key'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, 'AWS access key'],
  [/\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_\w{40,}/, 'GitHub token'],
  [/\bglpat-[\w-]{20,}/, 'GitLab token'],
  [/\bxox[abprs]-[\w-]{10,}/, 'Slack token'],
  [/\b[rs]k_live_[A-Za-z0-9]{16,}/, 'Stripe key'],
  [/\bAIza[\w-]{35}\b/, 'Google API key'],
  [/\bsk-(?:ant-|proj-)?[\w-]{20,}/, 'API key'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'npm token'],
  [/\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/, 'JSON Web Token'],
  [
    /\b[a-z][a-z0-9+]{1,20}:\/\/[^\s:/@'"]{1,100}:(?![$<{%])[^\s:/@'"]{3,200}@[\w.-]/,
    'password in an address',
  ],
]
/** A value that is written out behind a name of that kind. */
const ASSIGNED =
  /(?:^|[^A-Za-z])((?:[A-Za-z0-9_]*[_.-])?(?:password|passwd|passphrase|secret|secret_?key|api_?key|auth_?token|access_?token|private_?key|client_?secret))\s*["']?\s*[:=]\s*(["'])([^"'\n]{8,300})\2/i
const PLAIN_ASSIGNED =
  /^\s*(?:export\s+)?([A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|SECRET_KEY|API_KEY|TOKEN|PRIVATE_KEY))\s*=\s*()([^\s"'#$<{]{8,300})\s*$/
const PLACEHOLDER =
  /^(?:x+|\*+|\.+|<.*>|\$\{.*\}|%.*%|\{\{.*\}\}|.*(?:change.?me|example|placeholder|your[_-]|dummy|redacted|todo|process\.env|os\.environ).*)$/i

const FINDINGS_MAX = 100

export function lookAtAdded(files: readonly AddedTo[]): readonly Finding[] {
  const found: Finding[] = []
  let noted = 0
  // More than a person reads. A secret is looked for in every line all the same.
  const note = (one: Finding) => {
    if (noted++ < FINDINGS_MAX) found.push(one)
  }
  for (const { path, after, lines } of files) {
    const language = languageOf(path)
    const text = after.split('\n')
    const { bare = after } = language === undefined ? {} : sourceText(language, after)
    const code = bare.split('\n')
    for (const line of lines) {
      const place = { path, line }
      const kind = secretIn(text[line - 1] ?? '', path)
      if (kind !== undefined) found.push(finding('impact.secret', kind, place))
      const debugging = firstOf(DEBUGGING, path, code[line - 1] ?? '')
      if (debugging !== undefined) note(finding('impact.debugging', debugging, place))
      const print = isTestPath(path) ? undefined : firstOf(PRINTS, path, code[line - 1] ?? '')
      if (print !== undefined) note(finding('impact.print', print, place))
    }
  }
  return firstFindings(sorted(found), FINDINGS_MAX, Math.max(0, noted - FINDINGS_MAX))
}

function sorted(found: readonly Finding[]): readonly Finding[] {
  return [...found.filter(({ blocks }) => blocks), ...found.filter(({ blocks }) => !blocks)]
}

const LINE_MAX = 5_000

function firstOf(
  rules: readonly (readonly [RegExp, RegExp, string])[],
  path: string,
  line: string,
): string | undefined {
  if (line.length > LINE_MAX) return undefined
  return rules.find(([files, pattern]) => files.test(path) && pattern.test(line))?.[2]
}

/** Of what a program prints: is there something in it that reads as a secret? */
export function isSecretLine(line: string): boolean {
  return secretIn(line, '') !== undefined
}

function secretIn(line: string, path: string): string | undefined {
  for (let at = 0; at < line.length; at += LINE_MAX - 500) {
    const piece = line.slice(at, at + LINE_MAX)
    const kind = SECRETS.find(([pattern]) => pattern.test(piece))?.[1]
    if (kind !== undefined) return kind
    const assigned = isTestPath(path) ? undefined : (ASSIGNED.exec(piece) ?? PLAIN_ASSIGNED.exec(piece))
    if (assigned !== undefined && assigned !== null && !PLACEHOLDER.test(assigned[3] ?? '')) {
      const value = assigned[3] ?? ''
      // A name, a path or a sentence is no secret.
      if (!/\s/.test(value) && !/^[a-z]+(?:[._/-][a-z]+)*$/i.test(value)) return assigned[1] ?? 'secret'
    }
  }
  return undefined
}
