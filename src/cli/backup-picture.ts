// Backups as a picture in the terminal: a row for each copy, a mark for each backup whose height is its level; then one line each.

import { atLeast } from '../backup/level.ts'
import { sentenceFor } from '../change/why.ts'
import type { BackupsView, CopyView } from '../contract/backup.ts'
import { sizeText } from '../words/amounts.ts'
import { archiveSentence } from '../words/archive-why.ts'
import { BACKUP_WORDS, type BackupWords } from '../words/backup.ts'
import { BYTES_ONLY, levelText } from '../words/backup-level.ts'
import { BACKUP_SEEN } from '../words/backup-seen.ts'
import { columns, pad, visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import { oldCodeText } from '../words/rehearsal.ts'
import type { Sentence } from '../words/words.ts'
import type { Terminal } from './terminal.ts'

export interface Draw {
  readonly terminal: Terminal
  readonly zone: string
}

const SHOWN = 12
const MARKS = { written: '·', digest: '▁', content: '▄', restored: '█', booted: '◆' } as const
const PLAIN = { written: '.', digest: '-', content: 'o', restored: '#', booted: '@' } as const

export function listLines(now: BackupsView, draw: Draw): readonly string[] {
  const { terminal } = draw
  const words = BACKUP_WORDS[terminal.language]
  if (now.copies.length === 0)
    return [
      words.none(now.service),
      ...besideLines(now, draw),
      ...failureLines(now, draw),
      now.standing ? '    sekisho backup run' : `    ${words.notSigned(now.service)}`,
    ]
  const name = Math.max(...now.targets.map(({ name: one }) => columns(one)), columns(words.columns.copy)) + 2
  const rows = now.copies.slice(0, SHOWN).map((one) => {
    const what = [
      pad(one.backup, 18),
      pad(one.copy, name),
      pad(levelWord(one, terminal), 10),
      pad(sizeText(one.bytes), 10),
      words.ago(age(now, one)),
      ...(atLeast(one.level, 'restored') && (one.without ?? 0) > 0
        ? [words.butSecrets(one.without ?? 0)]
        : []),
      ...(one.imported ? [words.imported] : []),
      ...(one.heldBy.length > 0 ? [words.heldBy(one.heldBy.join(', '))] : []),
    ]
    return `  ${what.join(' ')}`.trimEnd()
  })
  const more = now.copies.length + (now.moreCopies ?? 0) - SHOWN
  return [
    `${terminal.paint('strong', words.title(now.service))}  ${headline(now, terminal)}`,
    `  ${measured(now, terminal)}`,
    ...picture(now, draw, name),
    '',
    ...rows,
    ...(more > 0 ? [`  ${words.more(more)}`] : []),
    ...bytesOnlyLines(
      now.copies.slice(0, SHOWN).filter(({ state, level }) => state === 'sound' && level === 'content'),
      terminal,
    ),
    ...suspectLines(now, now.copies, terminal),
    ...badLines(now, draw),
    ...besideLines(now, draw),
    ...failureLines(now, draw),
    ...(now.standing ? [] : [`! ${words.notSigned(now.service)}`]),
    ...(now.running === undefined ? [] : [words.running(words.work[now.running.work] ?? now.running.work)]),
    ...(now.due === undefined ? [] : [words.due(words.work[now.due] ?? now.due)]),
  ]
}

const byReason = (words: BackupWords): Readonly<Record<string, string>> => ({
  same_disk_only: words.onlySameDisk,
  not_sound: words.notSound,
  rules_changed: words.rulesChanged,
  from_the_future: words.fromTheFuture,
})

/** The summary: only copies that count, and only up to the level that was read. */
function headline(now: BackupsView, terminal: Terminal): string {
  const words = BACKUP_WORDS[terminal.language]
  const { standing, level = '', bytesOnly = [], ageMs = 0, why } = now.measured
  const age = words.ago(Math.max(0, ageMs))
  if (standing === 'fine')
    return terminal.paint(
      'good',
      words.backedUp(levelText(terminal.language, level, bytesOnly.join(', ')), age),
    )
  const text = standing === 'stale' ? words.tooOld(age) : (byReason(words)[why ?? ''] ?? words.nothingCounts)
  return terminal.paint('look', text)
}

function measured({ measured: { loss, restore }, promised }: BackupsView, terminal: Terminal): string {
  const words = BACKUP_WORDS[terminal.language]
  const span = (of: { readonly ms: number } | undefined) =>
    of === undefined ? words.notMeasured : words.span(of.ms)
  const promise = (ms: number | undefined) => (ms === undefined ? undefined : words.span(ms))
  return `${words.rpo(span(loss), promise(promised.rpoMs), loss?.of ?? 0)}   ${words.rto(span(restore), promise(promised.rtoMs), restore?.of ?? 0)}`
}

/** A row for each target, oldest left: a mark is one backup, its height the level. */
function picture(now: BackupsView, { terminal }: Draw, name: number): readonly string[] {
  const words = BACKUP_WORDS[terminal.language]
  const marks = terminal.ascii ? PLAIN : MARKS
  const room = Math.max(10, Math.min(60, terminal.streams.width - name - 30))
  const ids = [...new Set(now.copies.map(({ backup }) => backup))].slice(0, room).reverse()
  const legend = terminal.ascii
    ? words.legend
        .replace('·', '. ')
        .replace('▁', '- ')
        .replace('▄', 'o ')
        .replace('█', '# ')
        .replace('×', 'x ')
    : words.legend
  return [
    ...now.targets.map((target) => {
      const of = new Map(
        now.copies.filter(({ copy }) => copy === target.name).map((one) => [one.backup, one]),
      )
      const first = of.values().next().value
      const row = ids.map((id) => {
        const one = of.get(id)
        if (one === undefined) return ' '
        if (one.state !== 'sound') return terminal.paint('bad', terminal.ascii ? 'x' : '×')
        return terminal.paint(
          one.level === 'written' || one.level === 'digest' ? 'dim' : 'good',
          marks[one.level],
        )
      })
      const found = now.places.find(({ copy }) => copy === target.name) ?? first
      const place = found === undefined ? '' : placeText(found, terminal)
      return `  ${pad(target.name, name)}${row.join('')}  ${place}`.trimEnd()
    }),
    `  ${' '.repeat(name)}${terminal.paint('dim', legend)}`,
  ]
}

function placeText({ place, counts }: Pick<CopyView, 'place' | 'counts'>, terminal: Terminal): string {
  const words = BACKUP_WORDS[terminal.language]
  const text = words.place[place] ?? place
  return counts ? text : terminal.paint('look', `${text} ${words.doesNotCount}`)
}

function levelWord(one: CopyView, terminal: Terminal): string {
  const words = BACKUP_WORDS[terminal.language]
  if (one.state !== 'sound') return words.state[one.state] ?? one.state
  return markedLevel(one.level, one, words)
}

/** `content*` where only the bytes of a data directory were compared. */
function markedLevel(level: string, { bytesOnly = [] }: CopyView, words: BackupWords): string {
  return `${words.level[level] ?? level}${level === 'content' && bytesOnly.length > 0 ? '*' : ''}`
}

/** What the mark behind *content* of these copies means. */
function bytesOnlyLines(copies: readonly CopyView[], terminal: Terminal): readonly string[] {
  const names = [...new Set(copies.flatMap(({ bytesOnly = [] }) => bytesOnly))].join(', ')
  return names === '' ? [] : [`  * ${BYTES_ONLY[terminal.language](names)}`]
}

function failureLines(now: BackupsView, { terminal, zone }: Draw): readonly string[] {
  const words = BACKUP_WORDS[terminal.language]
  const last = now.failures.at(-1)
  if (last === undefined) return []
  const done = now.lastDone[last.work]
  // Work that has succeeded since is not listed.
  if (done !== undefined && done > last.at) return []
  const work = words.work[last.work] ?? last.work
  const at = localTime(last.at, zone, terminal.language)
  const sentence = sentenceFor(last.why, { work: last.work, ...last.detail }, terminal.language)
  return sentenceLines(terminal.paint('bad', `✗ ${words.lastFailed(work, at)}`), sentence)
}

/** The newest backup alone: its faults are the current ones. */
function badLines(now: BackupsView, { terminal }: Draw): readonly string[] {
  const words = BACKUP_WORDS[terminal.language]
  const { service } = now
  const [newest] = now.copies
  const bad = now.copies.find((one) => one.backup === newest?.backup && one.bad !== undefined)
  const bare = now.places.find(({ seen }) => seen['attributes'] === 'not recorded')
  const passwords = now.places.flatMap(({ seen }) => seen['passwords'] ?? [])
  const mark = terminal.paint('look', '!')
  return [
    ...(bad?.bad === undefined
      ? []
      : sentenceLines(mark, words.bad({ service, backup: bad.backup, copy: bad.copy, ...bad.bad }))),
    ...(bare === undefined ? [] : sentenceLines(mark, words.withoutAttributes(bare.copy))),
    ...passwords.flatMap((what) => sentenceLines(mark, words.passwordsInside(what))),
    ...notedLines(now, terminal),
  ]
}

/** Each damaged one of `shown`, and once what to do. */
function suspectLines(
  { service, copies }: BackupsView,
  shown: readonly CopyView[],
  terminal: Terminal,
): readonly string[] {
  const { suspect, afterSuspect } = BACKUP_SEEN[terminal.language]
  const { more } = BACKUP_WORDS[terminal.language]
  const damaged = shown.filter(({ state }) => state === 'suspect')
  if (damaged.length === 0) return []
  const sound = copies
    .filter(({ state, level }) => state === 'sound' && atLeast(level, 'content'))
    .slice(0, NAMED)
    .map(({ backup, copy }) => `${backup} (${copy})`)
  return [
    ...damaged
      .slice(0, NAMED)
      .flatMap(({ backup, copy, why = '', damaged: path = '' }) =>
        sentenceLines(terminal.paint('bad', '✗'), suspect({ backup, copy, why, path: visibleLine(path) })),
      ),
    ...(damaged.length > NAMED ? [`    ${more(damaged.length - NAMED)}`] : []),
    ...afterSuspect(sound, service).map((line) => `    ${line}`),
  ]
}

/** What the last backup noticed although its copy is whole. */
function notedLines({ places }: BackupsView, terminal: Terminal): readonly string[] {
  const { absentSecrets, setId } = BACKUP_SEEN[terminal.language]
  const mark = terminal.paint('look', '!')
  const pathsAt = (code: string) =>
    places.flatMap(({ seen }) => seen[code]?.split('\n') ?? []).map((path) => visibleLine(path))
  const [absent, set] = [pathsAt('absentSecrets'), pathsAt('setId')]
  return [
    ...(absent.length === 0 ? [] : sentenceLines(mark, absentSecrets(absent))),
    ...(set.length === 0 ? [] : sentenceLines(mark, setId(set))),
  ]
}

const NAMED = 5

/** What lies there and is none of the copies above. */
function besideLines(
  { service, found = [], moreFound = 0, targets }: BackupsView,
  { terminal }: Draw,
): readonly string[] {
  const words = BACKUP_WORDS[terminal.language]
  const mark = terminal.paint('look', '!')
  const of = (...kinds: readonly string[]) => found.filter(({ what }) => kinds.includes(what))
  const names = (all: typeof found) => {
    const more = all.length - NAMED
    const shown = all.slice(0, NAMED).map(({ name }) => visibleLine(name))
    return [...shown, ...(more > 0 ? [words.more(more)] : [])].join('  ')
  }
  const [copies, named, dumps] = [of('ours', 'foreign'), of('name'), of('dump')]
  const [unfinished] = of('unfinished')
  const packed = of('archive').filter(({ why }) => why === undefined)
  const refused = of('archive').filter(({ why }) => why !== undefined)
  const misplaced = of('above')
  const [first] = named
  const placeOf = (one: (typeof found)[number] | undefined) =>
    targets.find(({ name }) => name === one?.copy)?.to ?? ''
  return [
    ...(copies.length === 0 ? [] : sentenceLines(mark, words.notKnown(names(copies), service))),
    ...(first === undefined
      ? []
      : sentenceLines(mark, words.notNamed(names(named), `${placeOf(first)}/${visibleLine(first.name)}`))),
    ...(misplaced.length === 0
      ? []
      : sentenceLines(
          mark,
          BACKUP_SEEN[terminal.language].misplaced(names(misplaced), placeOf(misplaced[0])),
        )),
    ...(unfinished === undefined
      ? []
      : sentenceLines(
          mark,
          BACKUP_SEEN[terminal.language].noChecksums(
            names(of('unfinished')),
            `${placeOf(unfinished)}/${visibleLine(unfinished.name)}`,
            service,
          ),
        )),
    ...(packed.length === 0
      ? []
      : sentenceLines(mark, BACKUP_SEEN[terminal.language].packed(names(packed), service))),
    ...refused
      .slice(0, NAMED)
      .flatMap((one) =>
        sentenceLines(
          mark,
          archiveSentence(
            { archive: `${placeOf(one)}/${one.name}`, why: one.why ?? '', member: one.member ?? '' },
            terminal.language,
          ),
        ),
      ),
    ...(refused.length > NAMED ? [`    ${words.more(refused.length - NAMED)}`] : []),
    ...(dumps.length === 0 ? [] : sentenceLines(mark, words.notUsable(names(dumps)))),
    ...(moreFound > 0 ? sentenceLines(mark, BACKUP_SEEN[terminal.language].moreFound(moreFound)) : []),
  ]
}

function sentenceLines(head: string, { what, why, next = [] }: Sentence): readonly string[] {
  return [
    `${head} ${visibleLine(what)}`,
    ...(why === undefined ? [] : [`    ${visibleLine(why)}`]),
    ...next.map((line) => `    ${visibleLine(line)}`),
  ]
}

function age(now: BackupsView, { taken }: CopyView): number {
  return Math.max(0, Date.parse(now.at) - Date.parse(taken))
}

/** One backup: each copy, its place, and when each level was reached. */
export function showLines(now: BackupsView, copies: readonly CopyView[], draw: Draw): readonly string[] {
  const { terminal, zone } = draw
  const words = BACKUP_WORDS[terminal.language]
  const [first] = copies
  if (first === undefined) return []
  const at = (when: string) => localTime(when, zone, terminal.language)
  return [
    `${terminal.paint('strong', first.backup)}  ${now.service}  ${at(first.taken)}  ${words.ago(age(now, first))}`,
    `  ${first.entries}  ${sizeText(first.bytes)}  sha256 ${first.manifest}`,
    ...copies.flatMap((one) => [
      `  ${one.copy}  ${one.to}  ${placeText(one, terminal)}`,
      ...seenLines(now, one, terminal),
      ...(one.state === 'sound'
        ? []
        : [
            // The fault of a damaged copy is a sentence below.
            `    ${terminal.paint('bad', words.state[one.state] ?? one.state)}  ${one.state === 'suspect' ? '' : (one.why ?? '')}`.trimEnd(),
          ]),
      ...(one.state === 'sound' && one.why?.startsWith('boot ') === true
        ? [
            `    ${terminal.paint('bad', words.notBooted(oldCodeText(one.why.slice('boot '.length), terminal.language)))}`,
          ]
        : []),
      ...Object.entries(one.earned).flatMap(([level, when]) =>
        when === undefined ? [] : [`    ${words.earned(pad(markedLevel(level, one, words), 10), at(when))}`],
      ),
      ...(one.restoreMs === undefined
        ? []
        : [
            `    ${words.restored(words.span(one.restoreMs))}${(one.without ?? 0) > 0 ? `  ${words.butSecrets(one.without ?? 0)}` : ''}`,
          ]),
      ...(one.heldBy.length === 0 ? [] : [`    ${words.heldBy(one.heldBy.join(', '))}`]),
    ]),
    ...bytesOnlyLines(copies, terminal),
    ...suspectLines(now, copies, terminal),
    ...notedLines(now, terminal),
  ]
}

/** How the place of a target's copies was found out. */
function seenLines(now: BackupsView, { copy }: CopyView, terminal: Terminal): readonly string[] {
  const words = BACKUP_WORDS[terminal.language]
  const found = now.places.find((one) => one.copy === copy)
  if (found === undefined) return []
  const seen = Object.entries(found.seen)
    .filter(([code]) => code !== 'absentSecrets' && code !== 'setId')
    .map(([code, value]) => words.seen(code, value))
  return [`    ${terminal.paint('dim', seen.join('  '))}`]
}
