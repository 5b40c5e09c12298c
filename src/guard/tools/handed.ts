// Files between this host and a hosted service: handed over as the source of a copy or as the value of an option, or fetched from there.

import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { fromFiles } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { after, concat, literal, prefix, type Value } from '../value.ts'

/** Options whose value is a file that is read. */
const FILES =
  /^(?:--(?:[a-z]+-)*(?:file|files|from|input|payload|body-file|template-body|cli-input-json|secret-string|user-data|env-file|source-file|value-file|assets?|attach|attachment)|-f|-F|-i)$/
/** `file://x`, `fileb://x`, `@x`: a file in the place of a value. */
const MARKS = ['fileb://', 'file://', '@']
/** Verbs that copy what stands behind them away; the last place is where it goes. */
const COPIES =
  /^(?:cp|mv|sync|bisync|rsync|scp|copy|move|put|get|upload|upload-batch|push|mirror|copyto|moveto|import)$/
const MOVES = /^(?:mv|move|moveto)$/
/** Verbs that take every word behind them for a file. */
const GIVES = /^(?:create|upload|edit|bulk|import)$/
/** Options that take no word, before one that is a file. */
const BARE =
  /^--(?:public|private|secret|web|clobber|draft|prerelease|generate-notes|copy|open|force|yes|quiet|verbose|no-[a-z-]+)$/
/** Verbs whose last word, or whose option that names a file, is where something from there is kept. */
const FETCHES =
  /^(?:download(?:-batch|-file-by-(?:name|id))?|get-object(?:-torrent)?|invoke|get-job-output|get-export|get-sdk|get-media|get-clip|synthesize-speech)$/
const LANDS = /^(?:-[dfo]|--(?:[a-z]+-)*(?:file|destination|dest|dir|output-file|outfile|output-dir))$/
/** What is over there is the whole of it afterwards. */
const DELETES = /^(?:--delete(?:-(?:removed|destination(?:=true)?|unmatched-destination-objects))?|--remove)$/

const isElsewhere = (value: Value): boolean =>
  /^(?:[a-z][a-z0-9+.-]*:\/\/|[\w@.-]+:(?!\\))/i.test(prefix(value))

interface Landing {
  readonly deep: boolean
  readonly mirrors: boolean
}

/** Things from elsewhere become files of this host. */
function land(call: Call, sources: readonly Field[], target: Field, { deep, mirrors }: Landing): void {
  if (literal(target.value) === '-') return
  if (mirrors) touch(call, 'path.delete', target, { recursive: true, reversible: 'no', note: 'mirror' })
  if (deep) {
    touch(call, 'path.create', target, { note: 'unpacked' })
    return
  }
  touch(call, 'path.write', target)
  for (const { value } of sources) {
    const name = literal(value)?.split(/[/:]/).at(-1)
    if (name !== undefined && name !== '')
      touch(call, 'path.write', { ...target, value: concat(target.value, ['/'], [name]) })
  }
}

function give(call: Call, field: Field, recursive: boolean): void {
  touch(call, 'path.read', field, recursive ? { recursive } : {})
  const { shell } = call
  for (const path of shell.paths(field.value)) shell.upload(fromFiles([path], recursive), field.span, [])
}

interface Handing {
  /** Nouns under which a copying verb copies files of this host. */
  readonly copies?: RegExp
  /** Nouns under which words are files. */
  readonly gives?: RegExp
  /** Words with which a copy is of a whole tree. */
  readonly deep?: RegExp
  /** Words with which what the source has not is deleted at the target, beyond the common ones. */
  readonly mirrors?: RegExp
  /** `--body` is a file. */
  readonly bodies?: true
  /** Its remotes have the form of paths. */
  readonly aliases?: true
  /** In these words nothing is done. */
  readonly dry?: RegExp
}

const NEVER = /(?!)/
const DEEP = /^(?:sync|rsync|mirror|-r|-R|--recursive)$/

const handed =
  ({
    copies = NEVER,
    gives = NEVER,
    deep = DEEP,
    mirrors = NEVER,
    aliases,
    bodies,
    dry = NEVER,
  }: Handing): NonNullable<Tool['act']> =>
  (call) => {
    const words = call.args.map(({ value }) => literal(value) ?? prefix(value))
    if (words.some((word) => /^(?:--help|--dry-?run|help)$/.test(word)) || dry.test(words.join(' ')))
      return undefined
    const fetches = words.findIndex((word) => FETCHES.test(word))
    for (const [i, field] of call.args.entries()) {
      const word = words[i] ?? ''
      const equals = /^(--[a-z-]+)=/.exec(word)
      const isNamed = equals === null ? FILES.test(words[i - 1] ?? '') : FILES.test(equals[1] ?? '')
      const value = equals === null ? field.value : (after(field.value, equals[0]) ?? [])
      const mark = MARKS.find((one) => prefix(value).startsWith(one))
      if (mark !== undefined) touch(call, 'path.read', { ...field, value: after(value, mark) ?? [] })
      else if (fetches !== -1 && LANDS.test(equals === null ? (words[i - 1] ?? '') : (equals[1] ?? '')))
        land(call, [], { ...field, value }, { deep: /batch|dir/.test(words[fetches] ?? ''), mirrors: false })
      else if (
        (isNamed || (bodies === true && (words[i - 1] === '--body' || equals?.[1] === '--body'))) &&
        !isElsewhere(value) &&
        literal(value) !== '-'
      )
        touch(call, 'path.read', { ...field, value })
    }
    const isCopy = copies.test(words.join(' '))
    const verb = words.findIndex((word) => (isCopy ? COPIES : GIVES).test(word))
    const placesAfter = (from: number) =>
      call.args.filter(
        (_, i) =>
          i > from &&
          !(words[i] ?? '').startsWith('-') &&
          (!/^--[a-z-]+$/.test(words[i - 1] ?? '') || BARE.test(words[i - 1] ?? '')),
      )
    if (fetches !== -1) {
      const target = placesAfter(fetches).at(-1)
      if (target !== undefined && !isElsewhere(target.value))
        land(call, [], target, { deep: false, mirrors: false })
    }
    if (!isCopy && !gives.test(words.join(' '))) return undefined
    const places = placesAfter(verb)
    const target = places.at(-1)
    const recursive = words.some((word) => deep.test(word))
    const isOver = (value: Value) => isElsewhere(value) || (aliases === true && !/^[./~]/.test(prefix(value)))
    // Down from there to here nothing is handed over.
    const goes = isCopy ? places.slice(0, -1) : places
    const isAway = !isCopy || places.length < 2 || isOver(target?.value ?? [])
    for (const field of isAway ? goes : []) if (!isElsewhere(field.value)) give(call, field, recursive)
    if (!isCopy || target === undefined || places.length < 2) return undefined
    if (MOVES.test(words[verb] ?? ''))
      for (const field of goes)
        if (!isElsewhere(field.value)) touch(call, 'path.delete', field, { recursive })
    if (!isElsewhere(target.value))
      land(call, goes, target, {
        deep: recursive,
        mirrors: words.some((word) => DELETES.test(word) || mirrors.test(word)),
      })
    return undefined
  }

const tool = (names: string, handing: Handing = {}): Tool => ({
  names,
  style: 'posix',
  harmless: '-',
  act: handed(handing),
})

export const HANDED: readonly Tool[] = [
  tool('aws', { copies: /\bs3 (?:cp|mv|sync)\b/, bodies: true }),
  tool('gcloud', { copies: /\b(?:storage (?:cp|mv|rsync)|compute scp)\b/ }),
  tool('gsutil', {
    copies: /\b(?:cp|mv|rsync)\b/,
    mirrors: /^-[a-zA-Z]*d[a-zA-Z]*$/,
    // With cp it is another thing: nothing is written over.
    dry: /\brsync(?: -\w+)* -\w*n/,
  }),
  tool('az'),
  tool('rclone', {
    copies: /\b(?:copy|copyto|move|moveto|sync|bisync)\b/,
    deep: /^(?:copy|move|sync|bisync)$/,
    mirrors: /^(?:sync|bisync)$/,
    dry: /(?:^| )-n(?: |$)/,
  }),
  tool('s3cmd s4cmd s5cmd b2 azcopy', { copies: /\b(?:cp|mv|put|get|sync|mirror|copy)\b/ }),
  tool('mc mcli', {
    copies: /\b(?:cp|mv|mirror|put|get)\b/,
    deep: /^(?:mirror|-r|--recursive)$/,
    aliases: true,
  }),
  tool('gh glab hub tea', {
    gives: /\b(?:gist (?:create|edit)|release (?:create|upload|edit)|snippet create)\b/,
  }),
  tool('wrangler', { gives: /\b(?:secret (?:bulk|put)|secret:bulk)\b/ }),
  tool('fly flyctl heroku vercel netlify railway doppler vault op supabase firebase kubeseal consul'),
]
