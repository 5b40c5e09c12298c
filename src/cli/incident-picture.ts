// One incident on the terminal: how it stands, what is known, and as the last line what to type next.

import type { z } from 'zod'
import type { IncidentView, incidentLine } from '../contract/incident.ts'
import { INCIDENT_ROLE_WORDS, INCIDENT_WORDS } from '../words/incident.ts'
import { CAUSE_KIND_WORDS, causeSentence, isNearOnly, notLookedSentence } from '../words/incident-causes.ts'
import { aside, inQuotes, listed } from '../words/labels.ts'
import { columns, labelled, visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import { stateWord } from '../words/state.ts'
import type { Terminal } from './terminal.ts'

type Line = z.infer<typeof incidentLine>
const secondsOf = (ms: number) => (ms / 1000).toFixed(1)

export function incidentRow(one: Line, { language }: Terminal): string {
  const level = INCIDENT_WORDS.level[language](one.level)
  return `${one.id}  ${level}  ${one.service}  ${INCIDENT_WORDS.state(one.state, language)}  ${nextText(one, language)}`
}

function nextText({ next }: Pick<Line, 'next'>, language: Terminal['language']): string {
  return next.type ?? INCIDENT_WORDS.next(next.what, language)
}

export function incidentLines(view: IncidentView, terminal: Terminal, zone: string): readonly string[] {
  const { language } = terminal
  const label = INCIDENT_WORDS.label[language]
  const width = Math.max(...Object.values(label).map(columns)) + 2
  const row = (name: keyof typeof label, texts: readonly string[]) =>
    texts
      .flatMap((text, i) => labelled(i === 0 ? label[name] : '', text, width, terminal.streams.width))
      .map((line) => line.replaceAll('\u00a0', ' '))
  const time = (at: string | undefined) => (at === undefined ? [] : [localTime(at, zone, language)])
  const { causes, review, next } = view
  const head = `${view.id}  ${INCIDENT_WORDS.level[language](view.level)}  ${view.service}  ${stateText(view, language)}${view.joined === true ? `  (${INCIDENT_WORDS.joined[language]})` : ''}`
  const roles = Object.entries(view.roles).map(
    ([role, person]) => `${INCIDENT_ROLE_WORDS[language][role] ?? role} ${person}`,
  )
  return [
    terminal.paint('strong', head),
    ...row('because', [inQuotes(visibleLine(view.because), language)]),
    ...row('since', time(view.seenSince ?? view.openedAt)),
    ...row(
      'alerts',
      view.alerts === undefined
        ? []
        : [INCIDENT_WORDS.alerts[language](view.alerts.count, view.alerts.firing)],
    ),
    ...row(
      'isolation',
      view.isolation === undefined
        ? []
        : [
            `${INCIDENT_WORDS.isolation(view.isolation.event, language)}  ${localTime(view.isolation.at, zone, language)}`,
          ],
    ),
    ...row(
      'reached',
      view.reached === undefined
        ? []
        : [INCIDENT_WORDS.reached[language](view.reached.channels, view.reached.deliveries)],
    ),
    ...row('roles', [roles.length === 0 ? INCIDENT_WORDS.noCommander[language] : listed(roles, language)]),
    ...row(
      'evidence',
      view.evidence.flatMap((set) => [
        `${INCIDENT_WORDS.set(set.set, language)}: ${INCIDENT_WORDS.items[language](set.items.length, secondsOf(set.milliseconds))}`,
        ...itemRows(set),
      ]),
    ),
    ...(view.evidence.some(({ items }) => items.length > 0)
      ? row('read', [`sekisho incident evidence ${view.id} ITEM`])
      : []),
    ...row(
      'gaps',
      view.evidence.flatMap(({ gaps }) =>
        gaps.map(({ name, why }) => `${visibleLine(name)}: ${INCIDENT_WORDS.gap(why, language)}`),
      ),
    ),
    ...row('suspects', [
      ...view.suspects.map((one) => `${one.change}  ${visibleLine(one.what)}  ${backText(one, language)}`),
      ...(view.suspectsLeftOut === undefined
        ? []
        : [`… + ${view.suspectsLeftOut}  sekisho change list --service ${view.service}`]),
    ]),
    ...row(
      'recoveries',
      view.recoveries.map(
        (one) => `${one.change}  ${INCIDENT_WORDS.recovery(one.what, language)}  ${endText(one, language)}`,
      ),
    ),
    ...row('causes', causeRows(view, language)),
    ...row('seen', causes?.seen?.map((one) => causeSentence(one, language)) ?? []),
    ...row('near', causes?.causes.filter(isNearOnly).map((one) => causeSentence(one, language)) ?? []),
    ...row(
      'edited',
      (view.edited ?? []).map(({ path, since }) =>
        INCIDENT_WORDS.editedFile[language](visibleLine(path), localTime(since, zone, language)),
      ),
    ),
    ...row(
      'clear',
      causes === undefined || causes.clear.length === 0
        ? []
        : [
            listed(
              causes.clear.map((kind) => CAUSE_KIND_WORDS[language][kind]),
              language,
            ),
          ],
    ),
    ...row('notLooked', causes?.notLooked.map((one) => notLookedSentence(one, language)) ?? []),
    ...row(
      'notes',
      view.notes.map(({ text, by, at }) => `${localTime(at, zone, language)}  ${by}  ${visibleLine(text)}`),
    ),
    ...row('review', review === undefined ? [] : [visibleLine(review.cause)]),
    ...row('status', time(view.statusDueAt)),
    ...row('escalation', time(view.escalatesAt)),
    ...row('next', [
      next.until === undefined
        ? INCIDENT_WORDS.next(next.what, language)
        : INCIDENT_WORDS.until[language](
            INCIDENT_WORDS.next(next.what, language),
            localTime(next.until, zone, language),
          ),
    ]),
    ...(next.type === undefined
      ? next.kind === 'does'
        ? [`  sekisho incident next ${view.id}`]
        : []
      : [`  ${next.type}`]),
  ]
}

/** What `incident evidence` takes, with what each is. */
function itemRows({ items }: IncidentView['evidence'][number]): readonly string[] {
  const named = items.map(({ item, name }) => `${item}\u00a0${visibleLine(name)}`)
  return named.length === 0 ? [] : [`  ${named.join('  ')}`]
}

/** How it can be taken back, as far as that was measured. */
function backText(
  { back, undoMs }: IncidentView['suspects'][number],
  language: Terminal['language'],
): string {
  if (back?.kind === 'none') return INCIDENT_WORDS.noWayBack[language]
  if (back?.kind === 'values') return INCIDENT_WORDS.undoByValues[language](listed(back.keys, language))
  return INCIDENT_WORDS.undo[language](undoMs === undefined ? undefined : secondsOf(undoMs))
}

/** A change that ran to its end has done nothing for the incident where health was red after it. */
function endText(
  { state, failed }: IncidentView['recoveries'][number],
  language: Terminal['language'],
): string {
  const isOver = state === 'succeeded' || state === 'closed'
  return failed === true && isOver ? INCIDENT_WORDS.didNotHelp[language] : stateWord(state, language)
}

/** That causes were looked for and none was found is said too. */
function causeRows({ causes, level }: IncidentView, language: Terminal['language']): readonly string[] {
  if (causes === undefined) return []
  const found = causes.causes.filter((one) => !isNearOnly(one))
  return found.length === 0 && level !== 3
    ? [INCIDENT_WORDS.noCause[language]]
    : found.map((one) => causeSentence(one, language))
}

/** `containing` is a step of the incident; whether the host is cut off the isolation says. */
function stateText({ state, level, isolation }: IncidentView, language: Terminal['language']): string {
  const word = INCIDENT_WORDS.state(state, language)
  const isCutOff = isolation?.event === 'applied' || isolation?.event === 'kept'
  return level === 3 && state === 'containing' && !isCutOff
    ? `${word}${aside(INCIDENT_WORDS.notCutOff[language], language)}`
    : word
}
