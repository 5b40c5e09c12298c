// The card: one screen with what, where, when, who asked, what changes and how it is undone. An approver was shown its text at 80 columns
// without colours, and the digest of that text is part of the signed statement.
import type { ChangeView } from '../contract/change.ts'
import { kindNamed } from '../plans/config-kinds/registry.ts'
import { PATTERNS } from '../plans/patterns.ts'
import { CARD_WORDS } from '../words/card.ts'
import { CARD_AFTER } from '../words/card-after.ts'
import { CHANGE_WORDS, type ChangeWords, seconds } from '../words/change.ts'
import { aside, clauses, inQuotes, listed } from '../words/labels.ts'
import { columns, labelled, pad, visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import { PATTERN_NAMES, PLAN_WORDS, type PlanWords } from '../words/plan.ts'
import { REQUEST_CARD } from '../words/request-card.ts'
import { RESTORE_WORDS } from '../words/restore.ts'
import { SCHEMA_CARD } from '../words/schema-card.ts'
import type { Language } from '../words/words.ts'
import { checkLines } from './card-checks.ts'
import { ASCII_SHAPES, SHAPES, type Style } from './card-shapes.ts'
import { sinceLines } from './card-since.ts'
import { codeRows, codeUndo } from './code-card.ts'
import { commandUndo, commandWhat, commandWhere, playedRows } from './command-card.ts'
import { readDiff, type ShownFile, type ShownLine, shownLine } from './diff-shown.ts'
import { envBacks } from './env-back.ts'
import { impactText } from './impact-text.ts'
import { kindWord } from './kind-word.ts'
import { changedLines, DIFF_LINES, LINE_CHARACTERS } from './opened.ts'
import { requestUndo, requestWhat } from './request-card.ts'
import { restoreLines, restoreUndo, restoreWhat } from './restore-card.ts'
import { hasMigration, schemaLines, schemaUndo, schemaWhat } from './schema-card.ts'
import { standingEnded } from './standing-ended.ts'
import { stateShown } from './why.ts'

export interface CardOptions {
  readonly language: Language
  readonly width: number
  /** The IANA zone of the printed times. */
  readonly zone: string
  /** The name of the machine that the rules call `local`, where it is known. */
  readonly machine?: string
  /** Shapes in ASCII. */
  readonly ascii?: boolean
  /** Colours a piece of text. Absent: no colours. */
  readonly paint?: (style: Style, text: string) => string
}

export function renderCard(view: ChangeView, options: CardOptions): string {
  const words = CHANGE_WORDS[options.language]
  const shapes = options.ascii === true ? ASCII_SHAPES : SHAPES
  const paint = options.paint ?? ((_, text) => text)
  const labelWidth = Math.max(...Object.values(words.label).map(columns)) + 2
  const row = (label: string, text: string) => labelled(label, text, labelWidth, options.width)
  const indent = ' '.repeat(labelWidth)
  const lines: string[] = [
    paint('strong', title(view, words, options.width)),
    rail(view, words, shapes),
    '',
    ...(view.pattern === 'code'
      ? codeRows(view, options.language).flatMap(({ label, text }) => row(label, visibleLine(text)))
      : []),
    ...playedRows(view, options.language).flatMap(({ label, text }) => row(label, visibleLine(text))),
    ...(view.summary === undefined ? [] : row(words.label.what, quoted(view.summary, words))),
    ...row(view.summary === undefined ? words.label.what : '', visibleLine(whatOf(view, words, options))),
    ...(view.pattern === 'data' ? restoreLines(view, options.language) : diffLines(view, words)).map((line) =>
      paintDiff(paint, indent + line),
    ),
    ...(hasMigration(view) || view.pattern === 'schema'
      ? schemaLines(view, options.language).map((line) => indent + line)
      : []),
    ...settingLines(view, options.language).map((line) => paint('added', indent + line)),
    ...row(
      words.label.where,
      visibleLine(`${hostName(view.host, options.machine, options.language)}   ${whereOf(view, words)}`),
    ),
    ...row(words.label.when, whenOf(view, words, options.zone)),
    ...row(words.label.who, whoOf(view, words)),
    ...(view.reason === undefined ? [] : row(words.label.reason, quoted(view.reason, words))),
    ...row(words.label.impact, impactText(view.impact, options.language)),
    ...(view.kinds ?? [view.kind])
      .flatMap((kind) => kindNamed(kind)?.risk?.[options.language] ?? [])
      .flatMap((risk) => labelled(`  ${shapes.look}`, risk, labelWidth, options.width))
      .map((line) => paint('look', line)),
    ...(view.startsFrom === undefined
      ? []
      : labelled(
          `  ${shapes.look}`,
          CARD_WORDS[options.language].startsFromDown(view.keep.seconds),
          labelWidth,
          options.width,
        ).map((line) => paint('look', line))),
    ...explanation(view, words, labelWidth, options.width),
    ...view.disagreements.map((one) =>
      paint(
        'look',
        labelled(
          `  ${shapes.look}`,
          visibleLine(words.code(one.code, one.detail)),
          labelWidth,
          options.width,
        ).join('\n'),
      ),
    ),
    ...row(words.label.undo, undoOf(view, words)),
    ...row(
      words.label.keep,
      view.keep.by === 'person'
        ? words.keepByPerson(view.keep.seconds)
        : view.undo.loses === 'none'
          ? words.keepNoWayBack
          : words.keepByProof,
    ),
    ...(view.notification === undefined ? [] : row(words.label.notify, words.notify[view.notification])),
    ...checkLines(view, words, shapes, labelWidth, options.width, paint),
    ...(view.standing === undefined
      ? []
      : row(
          words.label.standing,
          words.standingBy(view.standing.by, view.standing.usedThisHour, view.standing.perHour),
        )),
    ...(view.standingEnded === undefined
      ? []
      : row(words.label.standing, standingEnded(view.service, view.standingEnded, options.language))),
    ...approvalLines(view, options).flatMap((line) => row(words.label.approve, line)),
    ...row(
      words.label.wall,
      clauses(
        view.wall.map((code) => words.code(code, {})),
        options.language,
      ),
    ),
    ...sinceLines(view, words, row, options.zone),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** What an approval waits for beside the usual: the pause of one person alone, and the second signature over what cannot be undone. */
function approvalLines(view: ChangeView, { language, zone }: CardOptions): readonly string[] {
  const words = CARD_WORDS[language]
  const from = view.alone === undefined ? undefined : localTime(view.alone.from, zone, language)
  if (view.tier !== 3) return from === undefined ? [] : [words.aloneFrom(from)]
  if (view.state !== 'awaiting_approval') return []
  const signed = view.decisions.filter(({ live, type }) => live && type === 'approve')
  const [first] = signed
  return [
    from === undefined ? words.twoGroups(view.service) : words.twiceFrom(view.service, from),
    ...(from === undefined || first === undefined ? [] : [words.onceSigned(first.name, from)]),
  ]
}

/** `local` is a word of the rules and no name: people need the name of the machine. */
export function hostName(host: string, machine: string | undefined, language: Language): string {
  return host === 'local' ? (machine ?? CHANGE_WORDS[language].gatesMachine) : host
}

function title(view: ChangeView, words: ChangeWords, width: number): string {
  const revision = view.revision > 1 ? ` r${view.revision}` : ''
  const left = `${view.id}${revision}  ${PATTERN_NAMES[view.pattern][languageOf(words)]}${aside(kindWord(view.kind, languageOf(words)), languageOf(words))}  ${view.service}`
  const stamps = [
    view.demo ? words.demo : '',
    view.decisions.some((one) => one.live && one.type === 'approve' && (view.solo || one.solo))
      ? words.solo
      : '',
  ].filter((one) => one !== '')
  const right = [
    ...(view.envelope === undefined
      ? [words.state[stateShown(view)] ?? view.state]
      : [
          `${words.seal} ${view.envelope.words} ${view.envelope.hex}`,
          ...(DEAD.includes(view.state) ? [words.state[stateShown(view)] ?? view.state] : []),
        ]),
    ...stamps,
  ].join('  ')
  return columns(left) + 2 + columns(right) <= width
    ? pad(left, width - columns(right)) + right
    : `${left}\n${right}`
}

/** Sealed once, and it cannot start any more. */
const DEAD: readonly ChangeView['state'][] = ['void', 'rejected', 'withdrawn', 'expired']

/** How far the change is on the seven stations. */
function rail(view: ChangeView, words: ChangeWords, shapes: typeof SHAPES): string {
  const at = stationOf(view)
  const here = DEAD.includes(view.state) || view.state === 'blocked' ? shapes.bad : shapes.half
  return words.rail
    .map((name, i) => `${name} ${i < at ? shapes.done : i === at ? here : shapes.open}`)
    .join(' ─ ')
}

function stationOf(view: ChangeView): number {
  switch (view.state) {
    case 'draft':
    case 'planned':
    case 'checking':
    case 'blocked':
      return 2
    case 'ready':
    case 'void':
    case 'expired':
      return 4
    case 'awaiting_approval':
    case 'rejected':
      return 4
    // It may have been withdrawn before its checks passed, or before anything was looked at.
    case 'withdrawn':
      return view.envelope !== undefined ? 4 : 2
    case 'approved':
    case 'scheduled':
    case 'executing':
    case 'paused':
    case 'verifying':
    case 'awaiting_keep':
    case 'rolling_back':
    case 'stuck':
    case 'lost':
      return 5
    case 'succeeded':
    case 'rolled_back':
    case 'failed':
      return 6
    case 'closed':
      return 7
  }
}

/** The computed changes. The author's summary stands above them, marked as the author's, and replaces none of them. */
function whatOf(view: ChangeView, words: ChangeWords, { zone, language }: CardOptions): string {
  if (view.pattern === 'data') return restoreWhat(view, language, (at) => localTime(at, zone, language))
  if (view.pattern === 'isolation') {
    const ports = view.impact.listeners.map((one) => one.slice(one.lastIndexOf(':') + 1))
    const what = `${kindWord(view.kind, language)}  ${view.host}`
    const opens =
      ports.length === 0
        ? CARD_AFTER.opensAgain[language]
        : CARD_AFTER.opensPorts[language](listed(ports, language))
    return clauses([what, opens, CARD_AFTER.sayNothingOfBreakIn[language]], language)
  }
  if (view.pattern === 'schema') return schemaWhat(view)
  if (view.pattern === 'command') return commandWhat(view)
  if (view.pattern === 'request') return requestWhat(view)
  if (PATTERNS[view.pattern].wish === 'verb')
    return `${kindWord(view.kind, language)}  ${view.impact.units.join(', ')}`
  const marks = readDiff(view.diff)
    .filter(({ becomes }) => becomes !== 'linked' && becomes !== 'unlinked')
    .flatMap(({ lines }) => lines.map(({ mark }) => mark))
  const count = (mark: ShownLine['mark']) => marks.filter((one) => one === mark).length
  const counts = [['+', count('+')] as const, ['-', count('-')] as const, ['~', count('~')] as const]
    .filter(([, n]) => n > 0)
    .map(([mark, n]) => `${mark}${n}`)
  const lines = counts.length === 0 ? '' : `   ${words.lines(counts.join(' '))}`
  return `${view.impact.files.join(', ')}${lines}`
}

/** A very long line would fill the screen: it is cut, and the card says how much is hidden. */
function capped(line: string, id: ChangeView['id']): string {
  const rest = line.length - LINE_CHARACTERS
  return rest <= 0 ? line : `${line.slice(0, LINE_CHARACTERS)} … ${rest}   sekisho change diff ${id}`
}

/** Each file under its name. A single file is named in the first row. */
function diffLines(view: ChangeView, words: ChangeWords): readonly string[] {
  const files = readDiff(view.diff)
  const all = files.flatMap((file) => {
    // The two texts of a migration or of a call are no files of the host.
    const isText = view.pattern === 'schema' || view.pattern === 'request'
    const note = isText || file.becomes === 'changed' ? undefined : words.becomes[file.becomes]
    const head = [
      ...(files.length > 1 ? [visibleLine(file.path)] : []),
      ...(note === undefined ? [] : [note]),
    ]
    return [
      ...(head.length === 0 ? [] : [`  ${head.join('  ')}`]),
      ...changedLines(file).map(
        ({ mark, shown, open }) =>
          `  ${mark} ${capped(shown, view.id)}${open ? `  (${words.noLineFeed})` : ''}`,
      ),
    ]
  })
  return all.length > DIFF_LINES
    ? [...all.slice(0, DIFF_LINES), `  … ${all.length - DIFF_LINES}   sekisho change diff ${view.id}`]
    : all
}

/** Values that are not secret: an approver must see them. Secrets show their reference and version. */
function settingLines(view: ChangeView, language: Language): readonly string[] {
  return view.steps
    .filter(({ kind }) => kind === 'editEnv')
    .flatMap(({ lines }) =>
      lines
        .filter((line) => line.startsWith('  '))
        .map((line) => `    ${shownLine(settingLine(line.trimStart(), PLAN_WORDS[language]))}`),
    )
}

/** Translates one line of `renderPlan` about a variable. */
function settingLine(line: string, words: PlanWords): string {
  const secret = /^set (\w+) to secret (\S+) version (\d+)$/.exec(line)
  if (secret !== null) return words.setSecret(`${secret[1]}`, `${secret[2]}`, Number(secret[3]))
  const [, verb, rest] = /^(set|unset) (.*)$/s.exec(line) ?? []
  if (rest === undefined) return line
  return verb === 'set' ? words.set(rest) : words.unset(rest)
}

function paintDiff(paint: (style: Style, text: string) => string, line: string): string {
  const mark = line.trimStart().charAt(0)
  return mark === '+' ? paint('added', line) : mark === '-' ? paint('removed', line) : line
}

function whereOf(view: ChangeView, words: ChangeWords): string {
  const acts = view.steps.flatMap(({ lines, kind }) => (kind === 'unit' ? lines : []))
  if (view.pattern === 'command') return commandWhere(view, languageOf(words))
  if (view.pattern === 'request') return REQUEST_CARD[languageOf(words)].ownInterface
  if (acts.length === 0 && view.pattern === 'schema')
    return SCHEMA_CARD[languageOf(words)].onDatabase(schemaWhat(view).split(' ')[0] ?? '')
  if (acts.length === 0)
    return view.pattern === 'data' ? RESTORE_WORDS[languageOf(words)].exchangeOnly : words.fileOnly
  const told = acts.map((line) => {
    const match = / (start|stop|restart|reload) -- (\S+)$/.exec(line)
    const unit = (match?.[2] ?? line).replace(/\.service$/, '')
    const verb = match?.[1]
    if (verb === 'reload') return words.reload(unit)
    if (verb === 'restart') return words.restart(unit, view.impact.stopTimeoutMs)
    if (verb === 'stop') return words.stop(unit)
    return verb === 'start' ? words.start(unit) : line
  })
  return listed(told, languageOf(words))
}

function whenOf(view: ChangeView, words: ChangeWords, zone: string): string {
  const language = languageOf(words)
  return view.window === undefined
    ? words.whenApproved
    : words.windowFrom(
        localTime(view.window.from, zone, language),
        localTime(view.window.until, zone, language),
      )
}

const languageOf = (words: ChangeWords): Language => (words === CHANGE_WORDS.ja ? 'ja' : 'en')

const quoted = (text: string, words: ChangeWords) => inQuotes(visibleLine(text), languageOf(words))

function whoOf(view: ChangeView, words: ChangeWords): string {
  const mode = view.instruction.mode === 'captured' ? words.captured : words.quoted
  const quote = `${words === CHANGE_WORDS.ja ? '' : ' '}${quoted(view.instruction.text, words)}`
  const who =
    view.author.id === view.instruction.by
      ? `${view.author.name}${aside(mode, languageOf(words))}`
      : words.asked(view.author.name, view.instruction.byName, mode)
  return `${visibleLine(who)}${quote}`
}

function explanation(
  view: ChangeView,
  words: ChangeWords,
  labelWidth: number,
  width: number,
): readonly string[] {
  if (view.explanation === undefined) return []
  const { impact, risk, by } = view.explanation
  const reference = by === 'agent' ? aside(words.byAgent, languageOf(words)) : ''
  return labelled(
    words.label.explanation,
    visibleLine(words.explained(impact, risk)) + reference,
    labelWidth,
    width,
  )
}

function undoOf(view: ChangeView, words: ChangeWords): string {
  if (view.pattern === 'schema') return schemaUndo(view, languageOf(words))
  if (view.pattern === 'command' && view.steps.length > 0) return commandUndo(view, languageOf(words))
  if (view.pattern === 'request' && view.steps.length > 0) return requestUndo(view, languageOf(words))
  if (view.undo.loses === 'none')
    return view.pattern === 'isolation' ? words.undoIsolateAgain : words.undoNone
  const language = languageOf(words)
  if (view.pattern === 'code') {
    const { milliseconds } = view.undo
    return codeUndo(view, milliseconds === undefined ? undefined : seconds(milliseconds), language)
  }
  if (view.pattern === 'data') {
    const { milliseconds } = view.undo
    return restoreUndo(view, language, milliseconds === undefined ? undefined : seconds(milliseconds))
  }
  if (PATTERNS[view.pattern].wish === 'verb') return listed(view.undo.lines, language)
  const back = words.undoFiles(wayBackOf(readDiff(view.diff)))
  // Where the undo was not tried, or failed in the trial, the card does not say that it loses nothing.
  if (view.undo.failed === true) return words.undoFailed(back)
  if (!view.undo.tried || view.undo.milliseconds === undefined) return words.undoNotTried(back)
  const after = view.undo.notCompared === true ? words.extrasNotCompared : words.losesNothing
  const valued = envBacks(view.diff).flatMap((one) => one.valued)
  const later = valued.length === 0 ? [] : [CARD_AFTER.undoByValues[language](listed(valued, language))]
  return listed([words.undoTried(back, seconds(view.undo.milliseconds)), after, ...later], language)
}

/** Files that did not exist before are removed, all others are put back. */
function wayBackOf(files: readonly ShownFile[]): Parameters<ChangeWords['undoFiles']>[0] {
  const isNew = ({ becomes }: ShownFile) => becomes === 'made' || becomes === 'linked'
  if (!files.some(isNew)) return 'old'
  return files.every(isNew) ? 'new' : 'both'
}
