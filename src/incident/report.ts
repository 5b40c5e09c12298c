// The report of an incident from its entries in the ledger alone: the guide's form, the timeline, and the draft of the review. Rules.
import { isObject, type JsonObject } from '../base/json.ts'
import { isInstant } from '../base/time.ts'
import { sizeText } from '../words/amounts.ts'
import { INCIDENT_ROLE_WORDS, INCIDENT_WORDS } from '../words/incident.ts'
import {
  CAUSE_KIND_WORDS,
  type CauseCode,
  type CauseKind,
  causeSentence,
  isNearOnly,
  type NotLookedCode,
  notLookedSentence,
} from '../words/incident-causes.ts'
import { REPORT_WORDS } from '../words/incident-report.ts'
import { listed } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import { impact } from './report-impact.ts'
import {
  array,
  find,
  inner,
  type Line,
  minutes,
  type Reading,
  type ReportSource,
  seconds,
  text,
  time,
  toldOf,
} from './report-reading.ts'
import { told, toldLine } from './report-told.ts'

export function renderReport(given: ReportSource, language: Language): string {
  // Notices of it stand under the same subject; who was told is an entry of its own.
  const own = given.entries.filter(({ kind }) => kind.startsWith('incident.') || kind.startsWith('glass.'))
  const notices = given.entries.filter(({ kind }) => kind.startsWith('notice.'))
  // What the runner did while no gate was there is told to the ledger later.
  const entries = own.toSorted((a, b) =>
    happenedAt(a) < happenedAt(b) ? -1 : happenedAt(a) > happenedAt(b) ? 1 : 0,
  )
  const source = { ...given, entries }
  const r: Reading = { source, w: REPORT_WORDS[language], language }
  const { heading } = r.w
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [heading.summary, summary(r)],
    [heading.impact, impact(r)],
    [heading.timeline, timeline(r)],
    [heading.cause, causeLines(r)],
    [heading.response, response(r)],
    [heading.evidence, evidence(r)],
    [heading.told, told({ ...r, source: { ...source, entries: [...entries, ...notices] } })],
    [heading.unknown, unknown(r)],
    [heading.review, review(r)],
  ]
  const text = sections.map(([title, lines]) => `## ${title}\n${list(lines, r.w)}`)
  return `# ${r.w.title(source.id)}\n\n${text.join('\n\n')}\n`
}

const list = (lines: readonly string[], w: Reading['w']) =>
  (lines.length === 0 ? [w.none] : lines).map((line) => `- ${line}`).join('\n')

/** One line an entry. */
export function timeline(r: Reading): readonly string[] {
  return r.source.entries.map((entry) => {
    const at = happenedAt(entry)
    const isLate = Date.parse(entry.at) - Date.parse(at) > LATE_MS
    return `${time(r, at)}  ${event(r, entry)}${isLate ? r.w.recordedAt(time(r, entry.at)) : ''}`
  })
}

const LATE_MS = 60_000
/** Kinds whose entry is written after the runner's own line of it. */
const TOLD_LATER = /^(?:incident\.(?:isolation|evidence|file)|glass\..*)$/

function happenedAt({ kind, at, payload }: Line): string {
  const said = TOLD_LATER.test(kind) ? (text(payload, 'doneAt') ?? text(payload, 'at')) : undefined
  return said !== undefined && isInstant(said) && said < at ? said : at
}

function event({ w, source, language }: Reading, { kind, actor, payload }: Line): string {
  const by = actor === 'system' ? w.system : source.name(actor)
  const said = (name: string) => visibleLine(text(payload, name) ?? w.notKnown)
  const { event: e } = w
  if (kind.startsWith('glass.')) return glassEvent({ w, source, language }, { kind, payload })
  switch (kind.slice('incident.'.length)) {
    case 'opened':
      return e.opened(by, said('because'))
    case 'joined':
      return e.joined(by, said('because'))
    case 'evidence':
      return e.evidence(
        w.sets[(text(payload, 'set') ?? '').split(' ')[0] ?? ''] ?? said('set'),
        array(payload, 'items').length,
        array(payload, 'gaps').length,
        seconds(payload['milliseconds']),
      )
    case 'evidence_skipped':
      return e.skipped(by, said('reason'))
    case 'recovery':
      return e.recovery(
        w.what[text(payload, 'what') ?? ''] ?? said('what'),
        said('change'),
        text(payload, 'takesBack'),
      )
    case 'recovering':
      return e.recovering(said('change'), w.approved[text(payload, 'approved') ?? ''] ?? w.notKnown)
    case 'recovered': {
      const health = inner(payload, 'health')
      return e.recovered(
        said('change'),
        String(health['good'] ?? w.notKnown),
        String(health['of'] ?? w.notKnown),
      )
    }
    case 'not_recovered':
      return e.notRecovered(said('change'))
    case 'relapsed': {
      const health = inner(payload, 'health')
      return e.relapsed(String(health['good'] ?? w.notKnown), String(health['of'] ?? w.notKnown))
    }
    case 'causes':
      return e.causes(array(inner(payload, 'causes'), 'causes').length)
    case 'contained':
      return e.contained
    case 'acknowledged':
      return e.acknowledged(by)
    case 'noted':
      return payload['status'] === true ? e.status(by, said('text')) : e.noted(by, said('text'))
    case 'role':
      return e.role(
        INCIDENT_ROLE_WORDS[language][text(payload, 'role') ?? ''] ?? said('role'),
        source.name(said('person')),
        by,
      )
    case 'handover':
      return e.handover(source.name(said('from')), source.name(said('to')), said('note'))
    case 'told':
      return toldOf(payload)
        .map((one) => toldLine(one, { w, source, language }))
        .join(' · ')
    case 'resolved':
      return e.resolved(by)
    case 'closed':
      return e.closed(by)
    case 'dismissed':
      return e.dismissed(by, said('reason'))
    case 'file':
      return payload['event'] === 'put_back' ? e.filePutBack(said('path')) : e.fileChanged(said('path'))
    case 'isolation':
      return e.isolation(w.isolation[text(payload, 'event') ?? ''] ?? said('event'))
    default:
      return e.other(kind)
  }
}

function glassEvent({ w, source }: Reading, { kind, payload }: Pick<Line, 'kind' | 'payload'>): string {
  const said = (name: string) => visibleLine(text(payload, name) ?? w.notKnown)
  const { event: e } = w
  switch (kind) {
    case 'glass.opened':
      return e.glassOpened(source.name(said('person')), array(payload, 'verbs').join(', '), said('reason'))
    case 'glass.intent':
      return e.glassIntent(said('verb'), said('service'))
    case 'glass.outcome':
      return e.glassOutcome(w.result[said('result')] ?? said('result'))
    case 'glass.reviewed':
      return e.glassReviewed(source.name(said('person')), said('text'))
    default:
      return e.other(kind)
  }
}

function summary(r: Reading): readonly string[] {
  const { w, source, language } = r
  const opened = find(r, 'opened')
  const level = source.entries.findLast(({ payload }) => typeof payload['level'] === 'number')?.payload[
    'level'
  ]
  const state = source.entries.findLast(({ payload }) => text(payload, 'state') !== undefined)
  const s = w.summary
  return [
    `${s.level}: ${w.levelName[String(level)] ?? w.notKnown}`,
    `${s.service}: ${visibleLine(text(opened?.payload, 'service') ?? w.notKnown)}`,
    `${s.state}: ${INCIDENT_WORDS.state(text(state?.payload, 'state') ?? w.notKnown, language)}`,
    `${s.opened}: ${opened === undefined ? w.notKnown : time(r, opened.at)}`,
    `${s.because}: ${visibleLine(text(opened?.payload, 'because') ?? w.notKnown)}`,
    `${s.commander}: ${commander(r)}`,
  ]
}

function commander({ source, w }: Reading): string {
  let found: string | undefined
  for (const { kind, payload } of source.entries) {
    if (kind === 'incident.opened' || kind === 'incident.acknowledged')
      found = text(inner(payload, 'roles'), 'commander') ?? found
    if (kind === 'incident.handover') found = text(payload, 'to') ?? found
    if (kind === 'incident.role' && payload['role'] === 'commander') found = text(payload, 'person') ?? found
  }
  return found === undefined ? w.notKnown : source.name(found)
}

interface Found<Code> {
  readonly kind: CauseKind
  readonly code: Code
  readonly values: Readonly<Record<string, string | number>>
}

/** The last time that causes were looked for; the gate wrote them, so their shape is known. */
function lookedFor(r: Reading) {
  const entry = r.source.entries.findLast(({ payload }) => isObject(payload['causes']))
  const found = inner(entry?.payload, 'causes')
  return {
    lookedAt: entry !== undefined,
    causes: array(found, 'causes') as unknown as readonly Found<CauseCode>[],
    seen: array(found, 'seen') as unknown as readonly Found<CauseCode>[],
    notLooked: array(found, 'notLooked') as unknown as readonly Found<NotLookedCode>[],
    clear: array(found, 'clear') as unknown as readonly CauseKind[],
  }
}

function causeLines(r: Reading): readonly string[] {
  const { w, language } = r
  const { causes: found, seen, clear, lookedAt } = lookedFor(r)
  const causes = found.filter((one) => !isNearOnly(one))
  const near = found.filter(isNearOnly)
  const closed = find(r, 'closed')
  const judged = text(closed?.payload, 'cause')
  return [
    ...(judged === undefined ? [] : [`${w.byPerson}: ${visibleLine(judged)}`]),
    ...causes.map((one) => causeSentence(one, language)),
    ...(lookedAt && causes.length === 0 ? [w.noCause] : []),
    ...seen.map((one) => w.seen(causeSentence(one, language))),
    ...near.map((one) => w.near(causeSentence(one, language))),
    ...editedFiles(r),
    ...(clear.length === 0
      ? []
      : [
          w.clear(
            listed(
              clear.map((kind) => CAUSE_KIND_WORDS[language][kind]),
              language,
            ),
          ),
        ]),
  ]
}

/** Nothing says that they are the cause: each was changed by nobody whom Sekisho knows. */
function editedFiles(r: Reading): readonly string[] {
  const changed = r.source.entries.filter(
    ({ kind, payload }) => kind === 'incident.file' && payload['event'] === 'changed',
  )
  return changed.map((entry) =>
    r.w.edited(visibleLine(text(entry.payload, 'path') ?? ''), time(r, happenedAt(entry))),
  )
}

const RESPONSE = [
  'incident.recovery',
  'incident.recovering',
  'incident.recovered',
  'incident.not_recovered',
  'incident.relapsed',
  'incident.isolation',
  'incident.evidence_skipped',
  'glass.intent',
  'glass.outcome',
]

function response(r: Reading): readonly string[] {
  const { w } = r
  const soak = r.source.entries.findLast(({ payload }) => text(payload, 'withoutSoak') !== undefined)
  return [
    ...r.source.entries.filter(({ kind }) => RESPONSE.includes(kind)).map((entry) => event(r, entry)),
    ...watched(r),
    ...(soak === undefined ? [] : [w.withoutSoak(visibleLine(text(soak.payload, 'withoutSoak') ?? ''))]),
    ...r.source.entries
      .flatMap(({ payload }) => array(payload, 'withdrawn'))
      .map((change) => w.notNeeded(visibleLine(String(change)))),
  ]
}

/** How often health was looked at until it was resolved. */
function watched(r: Reading): readonly string[] {
  const entry = r.source.entries.findLast(({ payload }) => isObject(payload['watched']))
  const of = inner(entry?.payload, 'watched')
  const [since, last] = [text(of, 'since'), text(of, 'last')]
  if (since === undefined || last === undefined) return []
  return [r.w.watched(String(of['looks']), time(r, since), time(r, last))]
}

function evidence(r: Reading): readonly string[] {
  const { w } = r
  return setsOf(r).flatMap((set) =>
    array(set, 'items').map((one) => {
      const item = isObject(one) ? (one as JsonObject) : {}
      const said = (name: string) => visibleLine(text(item, name) ?? w.notKnown)
      return w.item(said('item'), said('name'), said('digest'), sizeText(Number(item['size'] ?? 0)))
    }),
  )
}

/** Each set once: several entries about the recovery may bring the same. */
function setsOf({ source }: Reading): readonly JsonObject[] {
  const sets = source.entries.flatMap(({ kind, payload }) => setsIn(kind, payload))
  const keyOf = (set: JsonObject) => `${text(set, 'set')} ${text(set, 'at')}`
  return sets.filter((set, i) => sets.findIndex((one) => keyOf(one) === keyOf(set)) === i)
}

/** Of an entry of evidence its own; of one about the recovery those that it brought. */
function setsIn(kind: string, payload: JsonObject): readonly JsonObject[] {
  if (kind === 'incident.evidence') return [payload]
  return array(payload, 'evidence').flatMap((set) =>
    isObject(set) && set['set'] === 'after' ? [set as JsonObject] : [],
  )
}

function unknown(r: Reading): readonly string[] {
  const { w, language } = r
  const gaps = setsOf(r)
    .flatMap((set) => array(set, 'gaps'))
    .flatMap((one) => {
      if (!isObject(one)) return []
      const gap = one as JsonObject
      return [w.gap(text(gap, 'name') ?? w.notKnown, INCIDENT_WORDS.gap(text(gap, 'why') ?? '', language))]
    })
  return [...gaps, ...lookedFor(r).notLooked.map((one) => notLookedSentence(one, language))]
}

/** Minutes until the first response, by level. */
const RESPONSE_LIMIT: Readonly<Record<string, number>> = { '1': 15, '2': 60, '3': 15 }

function review(r: Reading): readonly string[] {
  const { w } = r
  const opened = find(r, 'opened')
  const answered =
    text(inner(opened?.payload, 'roles'), 'commander') === undefined ? find(r, 'acknowledged') : opened
  const level = String(opened?.payload['level'] ?? '')
  const limit = RESPONSE_LIMIT[level]
  const took =
    opened === undefined || answered === undefined ? w.notKnown : minutes(opened.at, answered.at, w)
  const actions = array(find(r, 'closed')?.payload, 'actions').flatMap((one) =>
    isObject(one)
      ? [
          `${visibleLine(text(one as JsonObject, 'what') ?? '')} (${visibleLine(text(one as JsonObject, 'owner') ?? '')})`,
        ]
      : [],
  )
  return [
    `${w.review.firstResponse}: ${w.withinOf(took, limit === undefined ? w.notKnown : w.minutes(limit))}`,
    `${w.review.actions}: ${actions.length === 0 ? w.none : actions.join(' / ')}`,
    ...w.questions.map((question) => `${w.review.questions}: ${question}`),
  ]
}
