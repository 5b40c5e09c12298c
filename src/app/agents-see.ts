// What an agent sees of a rehearsal on production's data, and of a migration that failed there: verdict, step, code, counts, names of the schema. Texts in which
// a server, a driver or a tool speaks are for people of the service; an agent gets the states that the server gave. Of a log that names a cause of an incident
// an agent sees its name and the count of lines, and no line; of a proof that found errors in a log it sees how many. Of a command that ran
// in production it sees the exit code and how much was printed. Texts of the files of a migration tool or of a declared command are for people: an agent reads such
// a file at its place, as far as its own account may (docs/decisions/0162-agents-read-tool-files-at-their-place.md).
// Every answer to an agent goes through here: values at the door, texts before they are made.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { withoutTexts } from '../change/diff-shown.ts'
import type { OperationName } from '../contract/operations.ts'
import type { Actor } from '../identity/actor.ts'
import type { Entry } from '../ledger/entry.ts'
import { shownTexts } from '../plans/actions.ts'
import type { Plan } from '../plans/plan.ts'

type Reader = Pick<Actor, 'kind'>

/** Codes whose values hold what a server or a tool has said. */
const SPEAKS: ReadonlySet<string> = new Set([
  'schema.failed',
  'schema.tool_failed',
  'schema.tool_uncertain',
  'backup.db_query_failed',
  'backup.db_dump_failed',
  'backup.db_load_failed',
  'backup.db_scratch_failed',
  'lease.not_on',
])
const STATE = /\(SQLSTATE \w{5}\)/g

const statesOf = (text: string): string => (text.match(STATE) ?? []).join(' ')

/**
 * How an agent is kept from what it must not read. `values`: the door takes it out of the answer. `texts`: the operation takes it out before it makes the
 * text. `fixed`: a text of a plan or of what was handed in, in which nobody speaks; it holds nothing that was read from the host for approvers alone. `refused`: no agent may.
 */
type Kept = 'values' | 'texts' | 'fixed' | 'refused'

/** INVARIANT: an operation without a row does not compile. */
export const AGENTS_SEE: Readonly<Record<OperationName, Kept>> = {
  loginStart: 'fixed',
  loginFinish: 'fixed',
  logout: 'values',
  agentToken: 'refused',
  who: 'values',
  changeCreate: 'values',
  changeList: 'values',
  recordSearch: 'texts',
  changeShow: 'values',
  changeCheck: 'values',
  changeTry: 'values',
  changeSeal: 'values',
  changeRevise: 'values',
  changeRun: 'values',
  changeAbort: 'refused',
  changeWithdraw: 'values',
  changeRollback: 'values',
  changeStatement: 'fixed',
  changeDecision: 'values',
  changeWait: 'values',
  changePlan: 'fixed',
  changeDiff: 'texts',
  changeCard: 'texts',
  changeEvidence: 'texts',
  changeEnvelope: 'texts',
  changeLines: 'texts',
  changeRecord: 'texts',
  changeEvents: 'texts',
  standingList: 'values',
  standingStatement: 'refused',
  standingSign: 'refused',
  standingRevokeStatement: 'refused',
  standingRevoke: 'refused',
  ledgerHead: 'values',
  ledgerExport: 'refused',
  ledgerVerify: 'values',
  ledgerCheckpoint: 'values',
  forkStatement: 'refused',
  forkAccept: 'refused',
  serviceList: 'values',
  serviceShow: 'values',
  backups: 'values',
  pruning: 'values',
  backupOrder: 'values',
  bundlePut: 'fixed',
  stageStart: 'values',
  stageCancel: 'values',
  stageShow: 'values',
  checkList: 'values',
  checkRun: 'values',
  checkShow: 'values',
  checkHistory: 'values',
  checkMute: 'refused',
  checkUnmute: 'refused',
  checkAcknowledge: 'refused',
  incidentOpen: 'values',
  incidentList: 'values',
  incidentShow: 'values',
  incidentNext: 'refused',
  incidentNote: 'values',
  incidentAcknowledge: 'refused',
  incidentRole: 'refused',
  incidentHandover: 'refused',
  incidentSkip: 'refused',
  incidentRecover: 'refused',
  incidentDismiss: 'refused',
  incidentClose: 'refused',
  incidentVerify: 'values',
  incidentEvidence: 'refused',
  incidentReport: 'texts',
  guardResume: 'refused',
  policy: 'values',
  status: 'values',
  doctor: 'values',
  events: 'texts',
  noticeList: 'values',
  noticeShow: 'values',
  noticeTest: 'refused',
  noticeAcknowledge: 'refused',
  noticeMute: 'refused',
  maintenanceList: 'values',
  maintenanceStart: 'refused',
  maintenanceEnd: 'refused',
  pingTake: 'fixed',
  alertTake: 'fixed',
}

export function seenBy<T>(reader: Reader, value: T): T {
  return reader.kind === 'agent' ? (withoutSpeech(value as Json) as T) : value
}

/** The same of lines of a journal; whoever reads them to verify is a person. */
export function linesSeenBy(reader: Reader, lines: readonly string[]): readonly string[] {
  if (reader.kind !== 'agent') return lines
  return lines.map((line) => {
    const value = parsed(line)
    return value === undefined ? '' : JSON.stringify(withoutSpeech(value))
  })
}

/** The same of an entry of the ledger. Its digest is that of the whole one. */
export function entrySeenBy(reader: Reader, entry: Entry): Entry {
  return reader.kind === 'agent' ? { ...entry, payload: withoutSpeech(entry.payload) as JsonObject } : entry
}

/** The same of why something was refused. */
export function failureSeenBy(reader: Reader | undefined, cause: unknown): unknown {
  if (reader?.kind !== 'agent' || !(cause instanceof SekishoError) || !SPEAKS.has(cause.code)) return cause
  const { why } = cause.detail
  const detail = { ...cause.detail, ...(typeof why === 'string' ? { why: statesOf(why) } : {}) }
  return new SekishoError(cause.code, detail as never, { cause })
}

/** A difference as it is sealed, or without the texts of files that the runner read for approvers. */
export function diffSeenBy(reader: Reader, hasTexts: boolean, diff: string): string {
  return reader.kind === 'agent' && hasTexts ? withoutTexts(diff) : diff
}

/** A text of a file of a migration tool or of a command, by its digest: it is for people. Throws ledger.blob_for_people. */
export function requireReadable(reader: Reader, plan: Plan | undefined, digest: Digest): void {
  if (reader.kind !== 'agent') return
  const texts = (plan?.actions ?? []).flatMap(({ action }) => shownTexts(action))
  if (texts.includes(digest)) throw new SekishoError('ledger.blob_for_people', { digest, kind: 'content' })
}

/** Its difference holds texts of files that the runner read for approvers. */
export const showsTexts = (plan: Plan | undefined): boolean =>
  (plan?.actions ?? []).some(({ action }) => shownTexts(action).length > 0)

/** Blobs that were handed in, or made of that and of rules alone. */
const FIXED: ReadonlySet<string> = new Set([
  'instruction',
  'content',
  'before',
  'plan',
  'diff',
  'envelope',
  'statement',
])

const LISTS: ReadonlySet<string> = new Set(['journal', 'checks'])

/** Other kinds are texts in which somebody may speak: cards, what a service has written. */
export function isReadBy(reader: Reader, kind: string): boolean {
  return reader.kind !== 'agent' || FIXED.has(kind) || LISTS.has(kind)
}

/** A blob as a text. Throws ledger.blob_for_people where it is no list of values that speech could be taken out of. */
export function blobSeenBy(reader: Reader, digest: Digest, kind: string, bytes: Uint8Array): Uint8Array {
  if (reader.kind !== 'agent' || FIXED.has(kind)) return bytes
  const text = Buffer.from(bytes).toString('utf8')
  if (kind === 'journal') return Buffer.from(linesSeenBy(reader, text.split('\n')).join('\n'))
  const value = isReadBy(reader, kind) ? parsed(text) : undefined
  if (value === undefined) throw new SekishoError('ledger.blob_for_people', { digest, kind })
  return Buffer.from(JSON.stringify(withoutSpeech(value)))
}

/** Counts and names stand in an object; whatever else is there was said by somebody. */
function countsOf(text: string): string {
  return isObject(parsed(text)) ? text : statesOf(text)
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** Of a call on a clone of the data: that files differ or change by themselves, and in what, and none of their names. */
function withoutNames(value: JsonObject): JsonObject {
  const { code, path, text, rewritten, notCompared, ...rest } = value
  const isDifference = code === 'rehearsal.difference' && typeof path === 'string' && typeof text === 'string'
  const live = Array.isArray(notCompared) ? notCompared.filter(isLive).length : 0
  if (!isDifference && live === 0 && !Array.isArray(rewritten)) return value
  return {
    ...rest,
    ...(code === undefined ? {} : { code }),
    ...(path === undefined || isDifference ? {} : { path }),
    ...(text === undefined ? {} : { text: isDifference ? `${text} …` : text }),
    ...(rewritten === undefined ? {} : { rewritten: Array.isArray(rewritten) ? [] : rewritten }),
    ...(Array.isArray(notCompared)
      ? {
          notCompared: [...notCompared.filter((one) => !isLive(one)), ...(live === 0 ? [] : ['live'])],
        }
      : notCompared === undefined
        ? {}
        : { notCompared }),
  }
}

const isLive = (one: Json) => typeof one === 'string' && one.startsWith('live ')

/**
 * In each object that names such a code, the words beside it; what a tool said of how far it is; why owners could not be cloned; the line of a log that names a
 * cause.
 */
function withoutSpeech(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSpeech)
  if (!isObject(value)) return value
  return spokenOut(withoutNames(value))
}

function spokenOut(value: JsonObject): Json {
  const { code, why, what, status, diff, steps, pattern, argv, output } = value
  // The outcome of a command (runner/act/exec.ts).
  if (Array.isArray(argv) && typeof output === 'string') {
    const { output: _, ...rest } = value
    return spokenOut({ ...rest, printed: Buffer.byteLength(output) })
  }
  // Maintenance: why it was turned off, or a command of it could not (runner/lease/leases.ts).
  const isOfLease = ['service', 'by', 'since', 'until'].every((key) => typeof value[key] === 'string')
  const speaks = [code, why].some((one) => typeof one === 'string' && SPEAKS.has(one))
  const isProblem = typeof code === 'string' && code.startsWith('schema.')
  // A cause of an incident (incident/causes.ts).
  const isOfLog = typeof code === 'string' && code.endsWith('.log')
  const isOfTool =
    Array.isArray(steps) && steps.some((one) => isObject(one) && one['kind'] === 'migrateByTool')
  if ((isOfTool || pattern === 'command') && typeof diff === 'string' && diff !== withoutTexts(diff)) {
    // The digest under the seal is that of the whole difference.
    const { diffDigest: _, ...rest } = value
    return spokenOut({ ...rest, diff: withoutTexts(diff) })
  }
  // A proof that found errors (runner/prove/nginx.ts).
  if (typeof value['line'] === 'string' && typeof value['more'] === 'number')
    return spokenOut(without(value, 'line') as JsonObject)
  return Object.fromEntries(
    Object.entries(value).map(([key, one]): [string, Json] => {
      if (key === 'detail' && speaks && isObject(one))
        return [key, without(withoutSpeech({ ...one, code: code ?? '' }), 'code')]
      if (key === 'values' && isOfLog) return [key, without(withoutSpeech(one), 'line')]
      if (key === 'values' && code === 'database_failed' && isObject(one))
        return [key, { ...one, why: codeAndStates(one['why']) }]
      if (typeof one === 'string') {
        if (key === 'text' && isProblem) return [key, countsOf(one)]
        if (key === 'live' && what === 'owners') return [key, statesOf(one)]
        if (key === 'why' && isOfLease) return [key, leaseWhy(one)]
        const isSpeech = speaks && one !== code && !SPEAKS.has(one)
        return [key, isSpeech && (key === 'because' || key === 'why') ? statesOf(one) : one]
      }
      if (key === 'status' && isObject(status) && Array.isArray(status['said']))
        return [key, without(status, 'said')]
      return [key, withoutSpeech(one)]
    }),
  )
}

/** Its own sentences stay; of what a command said stays how it ended. */
function leaseWhy(text: string): string {
  const [, before = '', said = ''] = /^(not turned off: )?(.*)$/s.exec(text) ?? []
  return OWN_WHYS.has(said) ? text : `${before}${/\bexit \d+\b/.exec(said)?.[0] ?? ''}`.trim()
}

const OWN_WHYS: ReadonlySet<string> = new Set([
  'the step is over',
  'its time is over',
  'it is not declared any more',
])

/** `backup.db_query_failed ERROR … (SQLSTATE 53100)`: the code, and the states of the server. */
function codeAndStates(why: Json | undefined): string {
  const text = typeof why === 'string' ? why : ''
  return [/^[a-z]+\.[a-z_]+/.exec(text)?.[0] ?? '', statesOf(text)].filter((one) => one !== '').join(' ')
}

function without(value: Json, name: string): Json {
  if (!isObject(value)) return value
  const { [name]: _, ...rest } = value
  return rest
}
