// Copies that come back: out of a backup, a release, another repository or a remote.
import type { Call } from '../shell.ts'
import { FROM_NETWORK, FROM_PROGRAM, type Stream } from '../stream.ts'
import { inputOf, type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { type Made, made } from './made.ts'
import { receive } from './requests.ts'

const RESTIC = 'r repo p password-file repository-file i include e exclude H host path tag o option cache-dir'

const ROWS: readonly Made[] = [
  { names: 'restic', verbs: 'restore', trees: 't target', takes: RESTIC, words: 'names', idle: 'dry-run' },
  {
    names: 'borg',
    verbs: 'extract',
    takes: 'e exclude pattern patterns-from strip-components',
    here: true,
    words: 'names',
    idle: 'n dry-run stdout',
  },
  { names: 'borg', verbs: 'export-tar', takes: 'e exclude tar-filter', words: 'second' },
  { names: 'duplicity', verbs: 'restore', takes: 't time path-to-restore file-to-restore', words: 'tree' },
  { names: 'kopia', verbs: 'restore', words: 'tree' },
  { names: 'rdiff-backup', verbs: 'restore', takes: 'at', words: 'tree' },
  { names: 'hg sl', verbs: 'clone', takes: 'r rev u updaterev b branch', words: 'tree', idle: 'h help' },
  { names: 'svn', verbs: 'checkout co export', takes: 'r revision depth username password', words: 'tree' },
  { names: 'cvs', verbs: 'checkout co export', trees: 'd', takes: 'r D j k', words: 'names' },
  {
    names: 'bzr fossil darcs pijul',
    verbs: 'branch checkout clone get export',
    takes: 'r revision',
    words: 'tree',
  },
  { names: 'unsquashfs', trees: 'd dest', takes: 'p processors', words: 'names', idle: 'l ll lls s stat' },
  {
    names: 'mksquashfs genisoimage mkisofs xorrisofs',
    files: 'o output',
    takes: 'V',
    style: 'words',
    words: 'second',
  },
  { names: 'ouch', verbs: 'decompress d', trees: 'd dir', here: true },
  { names: 'ouch', verbs: 'compress c', words: 'last' },
  { names: 'patool dtrx atool aunpack unp', trees: 'outdir X extract-to', takes: 'f format', here: true },
  {
    names: 'innoextract cabextract unshield msiextract lhasa unace',
    trees: 'd output-dir C directory',
    here: true,
    idle: 'l list t test',
  },
  {
    names: 'litestream',
    verbs: 'restore',
    files: 'o',
    takes: 'config timestamp generation index',
    style: 'words',
    words: 'names',
  },
  { names: 'mc mcli', verbs: 'cat head', takes: 'C config-dir n lines version-id' },
  { names: 'pg_basebackup', trees: 'D pgdata', takes: 'F X h p U d T format wal-method', words: 'names' },
  { names: 'bcp', words: 'names', files: 'o e', reads: 'i f' },
]

const download = made({
  names: '',
  files: 'O output',
  trees: 'D dir',
  takes: 'p pattern R repo A archive n name',
  words: 'names',
})
const clone = made({ names: '', takes: 'u upstream-remote-name', words: 'tree' })

/** `bcp TABLE out FILE`. */
function bulk(call: Call): undefined {
  const [, way, file] = call.args
  if (file === undefined) return
  const verb = literal(way?.value ?? [])
  if (verb === 'out' || verb === 'queryout' || verb === 'format') touch(call, 'path.write', file)
  else if (verb === 'in') touch(call, 'path.read', file)
}

const isRemote = (source: string): boolean => /^(?::?[\w@.-]+(?:,[^:]*)?:|[a-z]+:\/\/)/i.test(source)

/** `rclone VERB PATH`: what has a colon is a remote; the rest are paths of this host. */
function rclone(call: Call): Stream {
  const words = call.args.filter(
    ({ value }, i) =>
      !prefix(value).startsWith('-') && !/^--[a-z-]+$/.test(literal(call.args[i - 1]?.value ?? []) ?? ''),
  )
  if (call.args.some(({ value }) => /^(?:-n|--dry-run|--help|-h)$/.test(literal(value) ?? '')))
    return FROM_PROGRAM
  const [verb, ...places] = words
  const here = places.filter(({ value }) => !isRemote(prefix(value)))
  switch ((verb === undefined ? undefined : literal(verb.value)) ?? '') {
    case 'cat':
      for (const field of here) touch(call, 'path.read', field)
      return here.length === 0 ? FROM_PROGRAM : inputOf(call, here)
    case 'rcat':
    case 'touch':
      for (const field of here) touch(call, 'path.write', field)
      break
    case 'copyurl':
      for (const field of here.slice(-1)) touch(call, 'path.write', field)
      break
    case 'mkdir':
      for (const field of here) touch(call, 'path.create', field, { note: 'directory' })
      break
    case 'delete':
    case 'purge':
    case 'deletefile':
    case 'rmdir':
    case 'rmdirs':
      for (const field of here) touch(call, 'path.delete', field, { recursive: true, reversible: 'no' })
      break
    default:
  }
  return FROM_PROGRAM
}

/** `hdfs dfs -put FILE … PLACE`, `-get PLACE FILE`. */
function hadoop(call: Call): undefined {
  const at = call.args.findIndex(({ value }) => /^-[a-z]/i.test(literal(value) ?? ''))
  const verb = literal(call.args[at]?.value ?? [])
  const places = call.args.slice(at + 1).filter(({ value }) => !prefix(value).startsWith('-'))
  if (verb === '-put' || verb === '-copyFromLocal' || verb === '-moveFromLocal' || verb === '-appendToFile')
    for (const field of places.slice(0, -1)) {
      touch(call, 'path.read', field, { recursive: true })
      if (verb === '-moveFromLocal') touch(call, 'path.delete', field, { recursive: true })
    }
  const target = places.length > 1 ? places.at(-1) : undefined
  if (target !== undefined && /^-(?:get|getmerge|copyToLocal|moveToLocal)$/.test(verb ?? ''))
    touch(call, 'path.write', target)
}

/** Programs that print what they fetch, by the words with which they do; options are not among them. */
const prints = (names: string, words: RegExp): Tool => ({
  names,
  style: 'posix',
  act: (call): Stream | undefined => {
    const said = call.args.map(({ value }) => literal(value) ?? prefix(value))
    const line = said.filter((word) => word === '-' || !word.startsWith('-')).join(' ')
    return words.test(line) ? FROM_NETWORK : undefined
  },
})

const PRINTS: readonly Tool[] = [
  prints('aws', /^s3 (?:cp|mv) s3:\S+ -$|^s3api get-object .*\/dev\/stdout$/),
  prints('gsutil', /^cat |^cp gs:\S+ -$/),
  prints('gcloud', /^(?:(?:alpha|beta) )?storage (?:cat |cp gs:\S+ -$)/),
  prints('az', /^storage (?:blob|file) download .*\/dev\/stdout/),
  prints('rclone', /^cat \S*:/),
  prints('s3cmd s4cmd s5cmd', /^(?:cat |get s3:\S+ -$)/),
  prints('b2', /^(?:file )?cat /),
  prints('mc mcli', /^(?:cat|head) [^./]/),
  prints('gh glab', /^(?:api |gist view |snippet view )/),
  {
    // Of the BSDs: `-o -` is what is printed.
    names: 'fetch',
    short: 'BNSTWNwho',
    act: (call, args): Stream | undefined => {
      const out = args.value('o')
      if (args.operands.length === 0 || !args.operands.every(({ value }) => /^\w+:\/\//.test(prefix(value))))
        return undefined
      if (out === undefined || literal(out.value) === '-') return out === undefined ? undefined : FROM_NETWORK
      receive(call, out)
      return undefined
    },
  },
]

export const FETCHED: readonly Tool[] = [
  ...PRINTS,
  ...ROWS.map(made),
  { names: 'hdfs hadoop', harmless: '', act: (call) => hadoop(call) },
  { names: 'bcp', harmless: '', act: (call) => bulk(call) },
  { names: 'rclone', harmless: '', act: rclone },
  {
    names: 'gh glab',
    style: 'posix',
    sub: {
      'release run': { sub: { download, '*': {} } },
      'repo gist snippet': { sub: { clone, '*': {} } },
      '*': {},
    },
  },
]
