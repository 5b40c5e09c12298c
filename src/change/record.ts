// The change record, made from the ledger alone: the entries of one change and the blobs they name.
// The guide's title and eight headings with their sub-points, in its order; planned beside actual where both are known.

import { isDigest } from '../base/hash.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import type { StepView } from '../contract/change.ts'
import { placesOf, settingsOf } from '../plans/actions.ts'
import { PATTERN_LIST } from '../plans/patterns.ts'
import { renderUndo } from '../plans/render.ts'
import { sealWords } from '../seal/envelope.ts'
import type { JournalLine } from '../seal/journal.ts'
import { CHANGE_WORDS, seconds } from '../words/change.ts'
import { CHANGE_PROGRESS } from '../words/change-progress.ts'
import { DIFF_VIEW } from '../words/diff-view.ts'
import { aside } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import { proofSentence } from '../words/outcome.ts'
import { PATTERN_NAMES, PLAN_WORDS } from '../words/plan.ts'
import { RECORD_WORDS, type RecordWords } from '../words/record.ts'
import { siteLines } from '../words/sites.ts'
import { STANDING_ENDED_BY_IT, standingWhy } from '../words/standing-why.ts'
import type { Language } from '../words/words.ts'
import type { Impact } from './change.ts'
import { startedFrom, suitesSaid, touches } from './code-record.ts'
import { commandRecorded } from './command-card.ts'
import { deliveredLines } from './delivered.ts'
import { shownDiff } from './diff-shown.ts'
import { downtimeOf } from './downtime.ts'
import { howKept } from './how-kept.ts'
import { impactAfterTrial } from './impact.ts'
import { impactText } from './impact-text.ts'
import { isOwnReadingAlone, lookedLess } from './looked.ts'
import { steps } from './progress.ts'
import {
  blobOf,
  type Facts,
  facts,
  inner,
  type RecordSource,
  read,
  safeJson,
  strings,
  words,
} from './record-facts.ts'
import { requestRecorded } from './request-card.ts'
import { restoreRehearsed } from './restore-rehearsed.ts'
import { migrationTimes } from './schema-record.ts'
import { whyEnded } from './why.ts'

/** Markdown of the record. */
export function renderRecord(source: RecordSource, language: Language): string {
  const w = RECORD_WORDS[language]
  const f = facts(source)
  const date = localTime(
    f.created?.at ?? source.entries[0]?.at ?? '1970-01-01T00:00:00.000Z',
    source.zone,
    language,
  ).slice(0, 10)
  const sections = [summary, reason, content, impact, tests, wayBack, carriedOut, approval].map(
    (section, i) => `## ${w.heading[i]}\n${list(section(f, source, w, language), w)}`,
  )
  return `# ${w.title(date)}\n\n${sections.join('\n\n')}\n`
}

const list = (lines: readonly string[], w: RecordWords) =>
  (lines.length === 0 ? [w.none] : lines)
    .map((line) => (line.startsWith('  ') || line.startsWith('```') ? line : `- ${line}`))
    .join('\n')

type Section = (f: Facts, source: RecordSource, w: RecordWords, language: Language) => readonly string[]

const summary: Section = (f, _source, w, language) => {
  const payload = f.created?.payload
  const named = words(payload, 'pattern')
  const pattern = PATTERN_LIST.find((one) => one === named) ?? 'config'
  const name = PATTERN_NAMES[pattern][language]
  const said = words(payload, 'summary') ?? instructionText(f, _source)
  return [
    visibleLine(
      `${said ?? name}${w.aside([f.created?.subject ?? '', name, words(payload, 'service') ?? ''])}`,
    ),
  ]
}

function instructionText(f: Facts, source: RecordSource): string | undefined {
  const instruction = inner(f.created?.payload, 'instruction')
  return words(instruction, 'text') ?? blobOf(source, words(instruction, 'digest'))
}

const reason: Section = (f, source, w, language) => {
  const instruction = inner(f.created?.payload, 'instruction')
  const by = source.name(words(instruction, 'by') ?? '')
  const at = localTime(
    words(instruction, 'at') ?? f.created?.at ?? '1970-01-01T00:00:00.000Z',
    source.zone,
    language,
  )
  const how =
    words(instruction, 'mode') === 'quoted'
      ? w.quotedBy(source.name(words(f.created?.payload, 'author') ?? ''), at)
      : w.captured(at)
  const channel = words(instruction, 'channel')
  const quote = instructionText(f, source)
  const lines = [
    `${w.quote(quote === undefined ? w.erased : visibleLine(quote))}${w.aside([by, how, ...(channel === undefined ? [] : [w.channel[channel] ?? channel])])}`,
  ]
  const stated = words(f.created?.payload, 'reason')
  return stated === undefined ? lines : [...lines, visibleLine(stated)]
}

/** A change that never started changed nothing, and its record must say so. */
const ran = ({ started, closed }: Pick<Facts, 'started' | 'closed'>) =>
  started !== undefined || closed !== undefined

function filesLabel(f: Facts, w: RecordWords): string {
  if (f.plan?.pattern === 'schema') return ran(f) ? w.databases : w.databasesPlanned
  return ran(f) ? w.files : w.filesPlanned
}

const content: Section = (f, source, w, language) => {
  const { plan } = f
  const files = plan?.actions.flatMap(({ action }) => placesOf(action, 'real')) ?? []
  const settings = plan?.actions.flatMap(({ action }) => settingsOf(action))
  const diff = f.diff ?? ''
  return [
    `${filesLabel(f, w)}: ${plan === undefined ? w.none : files.join(', ') || w.nothing}`,
    `${w.settings}: ${settings === undefined ? w.none : settings.join(', ') || w.nothing}`,
    ...startedFrom(f, source, language),
    ...deliveredLines(source, language),
    ...(diff === ''
      ? []
      : ['```diff', ...shownDiff(diff).trimEnd().split('\n'), '```'].map((line) =>
          line.startsWith('```') ? `  ${line}` : `  ${line}`,
        )),
  ]
}

/** As on the card: what was planned, and what the trial's nginx showed. */
function impactSeen(computed: JsonObject, f: Facts, source: RecordSource): Impact {
  const details = safeJson(blobOf(source, words(f.checked?.payload, 'details')) ?? '[]')
  const checks = Array.isArray(details) ? details.filter(isObject) : []
  const planned: Impact = {
    files: strings(read(computed, 'files')),
    units: strings(read(computed, 'units')),
    serverNames: strings(read(computed, 'serverNames')),
    listeners: strings(read(computed, 'listeners')),
    downtime: 'none',
  }
  return impactAfterTrial(
    planned,
    checks.flatMap(({ check, facts }) =>
      check === 'validation' && isObject(facts) ? [{ check, facts }] : [],
    ),
  )
}

const impact: Section = (f, source, w, language) => {
  const computed = inner(f.planned?.payload, 'impact')
  const explanation = inner(f.created?.payload, 'explanation')
  // A person's own words are not marked as a reference. An author with a sponsor is an agent.
  const isAgents = words(f.created?.payload, 'sponsor') !== undefined
  const downtime = words(computed, 'downtime') ?? 'none'
  const away = downtimeOf(f.plan, f.journal)
  const took = away === undefined ? '' : seconds(away.milliseconds)
  const actual = away === undefined ? undefined : away.atMost ? w.secondsAtMost(took) : w.seconds(took)
  const migrated = migrationTimes(f, w, language)
  const notification =
    words(f.created?.payload, 'notification') ?? words(inner(f.sealed?.payload, 'parts'), 'notification')
  return [
    `${w.functions}: ${computed === undefined ? w.none : impactText(impactSeen(computed, f, source), language)}`,
    ...touches(f, source, language),
    ...(migrated ?? [
      `${w.downtime}: ${w.planned} ${w.downtimeOf[downtime] ?? downtime}${actual === undefined ? '' : ` / ${w.actual} ${actual}`}`,
    ]),
    ...unansweredOf(f, w),
    `${w.users}: ${notification === undefined ? w.none : (w.notify[notification] ?? notification)}`,
    ...source.entries
      .filter(
        ({ kind, payload }) =>
          kind === 'notice.delivered' && words(payload, 'track')?.startsWith('to/') === true,
      )
      .map(({ payload }) =>
        w.told(words(payload, 'channel') ?? '', localTime(words(payload, 'at') ?? '', source.zone, language)),
      ),
    ...(explanation === undefined
      ? []
      : [
          visibleLine(
            `${w.said}: ${CHANGE_WORDS[language].explained(words(explanation, 'impact') ?? '', words(explanation, 'risk') ?? '')}${isAgents ? w.aside([w.reference]) : ''}`,
          ),
        ]),
  ]
}

/** What the access log said, beside what was measured in the rehearsal. Nothing where nobody counted. */
function unansweredOf(f: Facts, w: RecordWords): readonly string[] {
  const proof = f.journal.findLast(
    ({ body }) => body.kind === 'proof' && isObject(body.facts['unanswered']),
  )?.body
  const counted = proof?.kind === 'proof' ? proof.facts['unanswered'] : undefined
  if (!isObject(counted)) return []
  const { lost, requests, whole } = counted
  if (whole !== true) return [w.unansweredAtLeast(Number(lost))]
  const checks = read(f.checked?.payload, 'checks')
  const rehearsal = (Array.isArray(checks) ? checks.filter(isObject) : []).find(
    ({ check }) => check === 'rehearsal',
  )?.['facts']
  const [range, perSecond] = isObject(rehearsal) ? [rehearsal['lostDeploy'], rehearsal['perSecond']] : []
  const planned =
    Array.isArray(range) && range.length > 0 && typeof perSecond === 'number'
      ? w.unansweredPlanned([...new Set(range)].join('–'), perSecond)
      : ''
  return [w.unanswered(Number(lost), Number(requests), planned)]
}

const tests: Section = (f, source, w, language) => {
  const c = CHANGE_WORDS[language]
  const checks = read(f.checked?.payload, 'checks')
  const rows = Array.isArray(checks) ? checks.filter(isObject) : []
  const partly = (one: Readonly<Record<string, unknown>>) => {
    const less =
      one['verdict'] === 'green' && isObject(one['facts']) ? lookedLess(one['facts'], language) : undefined
    return less === undefined ? '' : w.aside([less])
  }
  const titleOf = ({ check, facts }: Readonly<Record<string, unknown>>) =>
    isObject(facts) && isOwnReadingAlone(facts) ? c.ownReading : (c.check[String(check)] ?? String(check))
  const verdicts = rows
    .filter((one) => one['verdict'] !== 'not_applicable')
    .map(
      (one) =>
        `${titleOf(one)}: ${c.verdict[String(one['verdict'])] ?? String(one['verdict'])}${partly(one)}${one['collector'] === 'gate' ? aside(CHANGE_PROGRESS.gateAsserted[language], language) : ''}`,
    )
  const waived = f.waivers.map((one) =>
    w.waived(
      c.check[words(one.payload, 'check') ?? ''] ?? '',
      source.name(one.actor),
      words(one.payload, 'reason') ?? '',
    ),
  )
  const proofs = f.journal.flatMap(({ body }) => {
    if (body.kind !== 'proof') return []
    const verdict = c.verdict[body.verdict === 'not_proven' ? 'unknown' : body.verdict] ?? body.verdict
    const said = body.verdict === 'green' ? undefined : proofSentence(body.facts, language)
    const reason = said === undefined ? '' : `  ${said.what}${said.why === undefined ? '' : `: ${said.why}`}`
    return [
      visibleLine(
        `${c.proof[String(body.proof['kind'])] ?? String(body.proof['kind'])}: ${verdict}${reason}`,
      ),
      ...siteLines(body.facts, language).map((line) => `  ${visibleLine(line)}`),
    ]
  })
  const outcome = words(f.closed?.payload, 'outcome')
  const kept = outcome === 'kept' ? howKept(f.plan, f.journal) : undefined
  const ended = f.plan === undefined ? [] : steps(f.plan, f.journal)
  return [
    ...suitesSaid(f, source, language),
    `${w.tested}`,
    ...[
      ...verdicts,
      ...(f.plan?.pattern === 'request' ? [requestRecorded(rows, language)] : []),
      ...(f.plan?.pattern === 'command' ? [commandRecorded(rows, language)] : []),
      ...waived,
    ].map((line) => `  - ${line}`),
    `${w.live}: ${outcome === undefined ? (ran(f) ? w.none : w.notRun) : (w.howKept[kept ?? ''] ?? w.outcome[outcome] ?? outcome)}`,
    ...(outcome === 'kept' ? [] : causes(f, ended, language).map((line) => `  - ${w.cause}: ${line}`)),
    ...proofs.map((line) => (line.startsWith('  ') ? `  ${line.replace(/^ {2}/, '  - ')}` : `  - ${line}`)),
    ...ended.flatMap((one) =>
      one.milliseconds === undefined
        ? []
        : [`  - ${c.step[one.kind] ?? one.kind}: ${w.seconds(seconds(one.milliseconds))}`],
    ),
  ]
}

/** Why it was not kept. What a proof saw is printed with the proof. */
function causes(f: Facts, ended: readonly StepView[], language: Language): readonly string[] {
  const because = inner(f.closed?.payload, 'because')
  const code = words(because, 'code')
  if (because === undefined || code === undefined || code === 'proof_red') return []
  const why = whyEnded(
    { steps: [...ended], because: { code, detail: { ...inner(because, 'detail') } } },
    language,
  )
  if (why === undefined) return []
  return [visibleLine(`${why.what}${why.why === undefined ? '' : `: ${why.why}`}`)]
}

const wayBack: Section = (f, source, w, language) => {
  if (f.plan === undefined) return []
  const own = renderUndo(f.plan, PLAN_WORDS[language])
  const lines = renderUndo(f.plan, PLAN_WORDS.en)
  const checks = read(f.checked?.payload, 'checks')
  const undo = Array.isArray(checks)
    ? checks.filter(isObject).find((one) => one['check'] === 'undo')
    : undefined
  if (lines.length === 0) {
    const restore = isObject(undo?.['facts']) ? restoreRehearsed(undo['facts'], language) : undefined
    return [f.plan.pattern === 'isolation' ? w.undoIsolateAgain : (restore ?? w.undoNone)]
  }
  const ms =
    undo?.['verdict'] === 'green' && isObject(undo['facts']) ? undo['facts']['milliseconds'] : undefined
  const hasFiles = f.plan?.actions.some(({ action }) => action.kind !== 'unit') === true
  const told = f.plan.pattern === 'schema' ? w.undoSchema : hasFiles ? w.undoRan : w.undoTold
  const ran = f.journal.find(({ body }) => body.kind === 'closed' && body.outcome === 'rolled_back')
  return [
    ...lines.map((line, i) => visibleLine(backLine(line, own[i] ?? line, w))),
    ...(typeof ms === 'number' ? [`${w.planned}: ${w.undoTried(seconds(ms))}`] : []),
    ...(ran === undefined ? [] : [`${w.actual}: ${told(localTime(ran.at, source.zone, language))}`]),
    ...foreignOf(f.journal).map(({ path, kept }) => visibleLine(w.foreign(path, kept))),
  ]
}

/** Versions that others wrote over the change and that the undo replaced, with the place where each is kept. */
export function foreignOf(
  journal: readonly JournalLine[],
): readonly { readonly path: string; readonly kept: string }[] {
  const objects = (value: Json | undefined): readonly JsonObject[] =>
    Array.isArray(value)
      ? value.flatMap(objects)
      : isObject(value)
        ? [value, ...Object.values(value).flatMap(objects)]
        : []
  return journal.flatMap(({ body }) =>
    body.kind !== 'outcome'
      ? []
      : objects(body.detail).flatMap((one) => {
          const [path, kept] = [one['path'], one['foreign']]
          return typeof path === 'string' && typeof kept === 'string' ? [{ path, kept }] : []
        }),
  )
}

/** One line of render.ts `renderUndo`, in English and in the reader's language. A command is not translated. */
function backLine(line: string, own: string, w: RecordWords): string {
  const [, path, state] = /^put back (\/.*?): (absent|sha256|secret|link)/.exec(line) ?? []
  if (path !== undefined) return state === 'absent' ? w.removed(path) : w.putBack(path)
  return own.replace(/^\S*\/systemctl --no-ask-password /, 'systemctl ').replace(' -- ', ' ')
}

const carriedOut: Section = (f, source, w) => {
  const author = words(f.created?.payload, 'author') ?? f.created?.actor ?? ''
  const instructed = words(inner(f.created?.payload, 'instruction'), 'by') ?? ''
  const model = words(f.created?.payload, 'model')
  // The last one decided: of what one person alone signed twice, the first may have waited for somebody else.
  const last = f.approvals.at(-1)
  const isTogether = last !== undefined && read(last.payload, 'solo') !== true
  const asserted = isTogether ? [f.authored === undefined ? w.authorAsserted : w.authorSigned] : []
  if (author === instructed) return [w.himself(source.name(author)), ...asserted]
  return [
    visibleLine(
      w.instructedBy(
        `${source.name(author)}${model === undefined ? '' : ` (${model})`}`,
        source.name(instructed),
      ),
    ),
    ...asserted,
  ]
}

const approval: Section = (f, source, w, language) => {
  const envelope = words(f.sealed?.payload, 'envelope')
  const seal = isDigest(envelope) ? `  ${w.seal} ${sealWords(envelope).words} ${sealWords(envelope).hex}` : ''
  const lines = f.approvals.flatMap(({ payload, at }) => {
    const stamps = [
      read(payload, 'solo') === true ? w.solo : '',
      read(payload, 'demo') === true ? w.demo : '',
      w.key[words(payload, 'keyClass') ?? ''] ?? '',
      w.typed(words(payload, 'typed') ?? ''),
    ].filter((one) => one !== '')
    return [
      `${source.name(words(payload, 'approver') ?? '')}  ${localTime(words(payload, 'at') ?? at, source.zone, language)}${seal}${stamps.length === 0 ? '' : `  ${stamps.join(w.comma)}`}`,
      ...openedLine(inner(payload, 'unopened'), language),
    ]
  })
  const standing = inner(f.started?.payload, 'standingBy')
  const ended = words(f.closed?.payload, 'standingEnded')
  if (lines.length === 0 && standing !== undefined)
    return [
      `${w.standing(source.name(words(standing, 'by') ?? ''), localTime(words(standing, 'at') ?? f.started?.at ?? '', source.zone, language))}${seal}`,
      ...(ended === undefined ? [] : [STANDING_ENDED_BY_IT[language](standingWhy(ended, language))]),
    ]
  return lines
}

/** Which parts of the difference an approver did not open. Entries of earlier releases do not say. */
function openedLine(left: JsonObject | undefined, language: Language): readonly string[] {
  const [of, count] = [read(left, 'of'), read(left, 'count')]
  if (typeof of !== 'number' || typeof count !== 'number') return []
  const view = DIFF_VIEW[language]
  const paths = strings(read(left, 'paths')).map(visibleLine)
  return [`  - ${count === 0 ? view.openedAll(of) : view.unopened(count, of, paths)}`]
}
