// The report of an incident from its entries in the ledger alone: the guide's form, the timeline, and the draft of the review. Rules.
import { isObject, type JsonObject } from '../base/json.ts'
import { isInstant } from '../base/time.ts'
import type { Entry } from '../ledger/entry.ts'
import { sizeText } from '../words/amounts.ts'
import { INCIDENT_ROLE_WORDS, INCIDENT_WORDS } from '../words/incident.ts'
import {
  CAUSE_KIND_WORDS,
  type CauseCode,
  type CauseKind,
  causeSentence,
  type NotLookedCode,
  notLookedSentence,
} from '../words/incident-causes.ts'
import { REPORT_WORDS, type ReportWords } from '../words/incident-report.ts'
import { listed } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import type { Language } from '../words/words.ts'

export interface ReportSource {
  readonly id: string
  /** All entries of this incident, in order. */
  readonly entries: readonly Pick<Entry, 'kind' | 'at' | 'actor' | 'payload'>[]
  readonly zone: string
  /** A person's name by id. */
  readonly name: (id: string) => string
}

type Line = ReportSource['entries'][number]
interface Reading {
  readonly source: ReportSource
  readonly w: ReportWords
  readonly language: Language
}

export function renderReport(given: ReportSource, language: Language): string {
  // Notices of it stand under the same subject; who was told is an entry of its own.
  const own = given.entries.filter(({ kind }) => kind.startsWith('incident.') || kind.startsWith('glass.'))
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
    [heading.cause, causes(r)],
    [heading.response, response(r)],
    [heading.evidence, evidence(r)],
    [heading.told, told(r)],
    [heading.unknown, unknown(r)],
    [heading.review, review(r)],
  ]
  const text = sections.map(([title, lines]) => `## ${title}\n${list(lines, r.w)}`)
  return `# ${r.w.title(source.id)}\n\n${text.join('\n\n')}\n`
}

const list = (lines: readonly string[], w: ReportWords) =>
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
const TOLD_LATER = /^(?:incident\.(?:isolation|evidence)|glass\..*)$/

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
      return e.recovery(w.what[text(payload, 'what') ?? ''] ?? said('what'), said('change'))
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

function impact(r: Reading): readonly string[] {
  const { w } = r
  const opened = find(r, 'opened')
  const since = text(opened?.payload, 'seenSince')
  const recovered = r.source.entries.findLast(({ kind }) => kind === 'incident.recovered')
  const until = recovered?.at
  const from = since ?? opened?.at
  return [
    `${w.impact.from}: ${since === undefined ? w.notKnown : time(r, since)}`,
    `${w.impact.until}: ${until === undefined ? w.notKnown : time(r, until)}`,
    `${w.impact.lasted}: ${since === undefined || until === undefined || from === undefined ? w.notKnown : minutes(from, until, w)}`,
  ]
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
    causes: array(found, 'causes') as unknown as readonly Found<CauseCode>[],
    notLooked: array(found, 'notLooked') as unknown as readonly Found<NotLookedCode>[],
    clear: array(found, 'clear') as unknown as readonly CauseKind[],
  }
}

function causes(r: Reading): readonly string[] {
  const { w, language } = r
  const { causes: found, clear } = lookedFor(r)
  const closed = find(r, 'closed')
  const judged = text(closed?.payload, 'cause')
  return [
    ...(judged === undefined ? [] : [`${w.byPerson}: ${visibleLine(judged)}`]),
    ...found.map((one) => causeSentence(one, language)),
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

function evidence({ source, w }: Reading): readonly string[] {
  return source.entries
    .flatMap(({ kind, payload }) => setsIn(kind, payload))
    .flatMap((set) =>
      array(set, 'items').map((one) => {
        const item = isObject(one) ? (one as JsonObject) : {}
        const said = (name: string) => visibleLine(text(item, name) ?? w.notKnown)
        return w.item(said('item'), said('name'), said('digest'), sizeText(Number(item['size'] ?? 0)))
      }),
    )
}

/** Of an entry of evidence its own; of one about the recovery those that it brought. */
function setsIn(kind: string, payload: JsonObject): readonly JsonObject[] {
  if (kind === 'incident.evidence') return [payload]
  return array(payload, 'evidence').flatMap((set) =>
    isObject(set) && set['set'] === 'after' ? [set as JsonObject] : [],
  )
}

function told(r: Reading): readonly string[] {
  const lines = r.source.entries.flatMap(({ at, payload }) =>
    toldOf(payload).map((one) => `${time(r, at)}  ${toldLine(one, r)}`),
  )
  return lines.length === 0 ? [r.w.nobodyTold] : lines
}

const toldLine = ({ why, people }: ToldFacts, r: Reading) =>
  r.w.event.told(r.w.toldWhy[why] ?? why, names(people, r))

function unknown(r: Reading): readonly string[] {
  const { w, language, source } = r
  const gaps = source.entries
    .flatMap(({ kind, payload }) => setsIn(kind, payload))
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

// --- reading --------------------------------------------------------------------------------------------------------

const find = ({ source }: Reading, kind: string) =>
  source.entries.find((entry) => entry.kind === `incident.${kind}`)

const time = ({ source, language }: Reading, at: string) => localTime(at, source.zone, language)

const minutes = (from: string, until: string, w: ReportWords) =>
  w.minutes(Math.max(0, Math.round((Date.parse(until) - Date.parse(from)) / 60_000)))

const seconds = (value: unknown) => (typeof value === 'number' ? (value / 1000).toFixed(1) : '?')

function names(people: readonly string[], { source, w, language }: Reading): string {
  return people.length === 0 ? w.none : listed(people.map(source.name), language)
}

interface ToldFacts {
  readonly why: string
  readonly people: readonly string[]
}
function toldOf(payload: JsonObject): readonly ToldFacts[] {
  return array(payload, 'told').flatMap((one) => {
    if (!isObject(one)) return []
    const told = one as JsonObject
    const people = array(told, 'people').filter((each): each is string => typeof each === 'string')
    return [{ why: text(told, 'why') ?? '', people }]
  })
}

function text(of: JsonObject | undefined, name: string): string | undefined {
  const value = of?.[name]
  return typeof value === 'string' ? value : undefined
}

function inner(of: JsonObject | undefined, name: string): JsonObject {
  const value = of?.[name]
  return isObject(value) ? (value as JsonObject) : {}
}

function array(of: JsonObject | undefined, name: string): readonly unknown[] {
  const value = of?.[name]
  return Array.isArray(value) ? value : []
}
