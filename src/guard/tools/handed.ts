// Files of this host that are handed to a hosted service: as the source of a copy, or as the value of an option that names one.
import type { Field } from '../expand.ts'
import type { Call } from '../shell.ts'
import { type Tool, touch } from '../tool.ts'
import { after, literal, prefix, type Value } from '../value.ts'

/** Options whose value is a file that is read. */
const FILES =
  /^(?:--(?:[a-z]+-)*(?:file|files|from|input|payload|body-file|template-body|cli-input-json|secret-string|user-data|env-file|source-file|value-file)|-f|-F|-i)$/
/** `file://x`, `fileb://x`, `@x`: a file in the place of a value. */
const MARKS = ['fileb://', 'file://', '@']
/** Verbs that copy what stands behind them away; the last place is where it goes. */
const COPIES = /^(?:cp|mv|sync|rsync|copy|move|put|upload|upload-batch|push|mirror|copyto|moveto|import)$/
/** Verbs that take every word behind them for a file. */
const GIVES = /^(?:create|upload|bulk|import)$/

const isElsewhere = (value: Value): boolean =>
  /^(?:[a-z][a-z0-9+.-]*:\/\/|[\w-]+:(?!\\))/i.test(prefix(value))

function give(call: Call, field: Field, recursive: boolean): void {
  touch(call, 'path.read', field, recursive ? { recursive } : {})
  const { shell } = call
  for (const path of shell.paths(field.value))
    shell.upload({ origins: [{ from: 'file', path, recursive }] }, field.span, [])
}

/** `copies`: nouns under which a copying verb copies files of this host; `gives`: nouns under which words are files. */
const handed =
  (copies: RegExp, gives: RegExp, deep: RegExp): NonNullable<Tool['act']> =>
  (call) => {
    const words = call.args.map(({ value }) => literal(value) ?? prefix(value))
    if (words.some((word) => /^(?:--help|--dry-?run|help)$/.test(word))) return undefined
    for (const [i, field] of call.args.entries()) {
      const word = words[i] ?? ''
      const equals = /^(--[a-z-]+)=/.exec(word)
      const isNamed = equals === null ? FILES.test(words[i - 1] ?? '') : FILES.test(equals[1] ?? '')
      const value = equals === null ? field.value : (after(field.value, equals[0]) ?? [])
      const mark = MARKS.find((one) => prefix(value).startsWith(one))
      if (mark !== undefined) touch(call, 'path.read', { ...field, value: after(value, mark) ?? [] })
      else if (isNamed && !isElsewhere(value) && literal(value) !== '-')
        touch(call, 'path.read', { ...field, value })
    }
    const isCopy = copies.test(words.join(' '))
    if (!isCopy && !gives.test(words.join(' '))) return undefined
    const verb = words.findIndex((word) => (isCopy ? COPIES : GIVES).test(word))
    const places = call.args.filter(
      (_, i) => i > verb && !(words[i] ?? '').startsWith('-') && !/^--[a-z-]+$/.test(words[i - 1] ?? ''),
    )
    // Down from there to here nothing is handed over.
    const goes = isCopy ? places.slice(0, -1) : places
    const isAway = !isCopy || places.length < 2 || isElsewhere(places.at(-1)?.value ?? [])
    for (const field of isAway ? goes : [])
      if (!isElsewhere(field.value))
        give(
          call,
          field,
          words.some((word) => deep.test(word)),
        )
    return undefined
  }

const tool = (
  names: string,
  copies: RegExp,
  gives = /(?!)/,
  deep = /^(?:sync|rsync|mirror|-r|-R|--recursive)$/,
): Tool => ({
  names,
  style: 'posix',
  harmless: '-',
  act: handed(copies, gives, deep),
})

export const HANDED: readonly Tool[] = [
  tool('aws', /\bs3 (?:cp|mv|sync)\b/),
  tool('gcloud', /\bstorage (?:cp|mv|rsync)\b/),
  tool('gsutil', /\b(?:cp|mv|rsync)\b/),
  tool('az', /(?!)/),
  tool('rclone', /\b(?:copy|copyto|move|moveto|sync)\b/, /(?!)/, /^(?:copy|move|sync)$/),
  tool('s3cmd s4cmd s5cmd b2 azcopy', /\b(?:cp|mv|put|sync|mirror|copy)\b/),
  tool('gh glab', /(?!)/, /\b(?:gist create|release upload|snippet create)\b/),
  tool('wrangler', /(?!)/, /\b(?:secret (?:bulk|put)|secret:bulk)\b/),
  tool('fly flyctl heroku vercel netlify railway doppler vault op supabase firebase kubeseal', /(?!)/),
]
