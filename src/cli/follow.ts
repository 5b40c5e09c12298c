// Following a change until somebody is needed or it has ended: one line a finished step, and a line that moves for the one under way.
import { EXIT, type ExitCode, SekishoError } from '../base/error.ts'
import { unitOf, unproven, whyOf } from '../change/why.ts'
import { type ChangeView, changeView } from '../contract/change.ts'
import { systemClock } from '../sys/clock.ts'
import { CHANGE_WORDS, seconds } from '../words/change.ts'
import { BETWEEN, columns, facts, labelled, pad, visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import { problemLines } from '../words/problem.ts'
import type { Sentence } from '../words/words.ts'
import type { Client } from './client.ts'
import type { Terminal } from './terminal.ts'

const ENDED = [
  'closed',
  'rejected',
  'expired',
  'withdrawn',
  'void',
  'blocked',
  'succeeded',
  'rolled_back',
  'failed',
]
/** Somebody must type something before it goes on. */
const NEEDS_PERSON = ['awaiting_keep', 'paused', 'stuck', 'lost']
const POLL_SECONDS = '5'
/** How long a state that was just answered may still be seen before it counts as asking again. */
const LEAVING_MS = 60_000
/** For so long a gate may be on its way back. */
const SILENCE_MS = 1000
const MAX_SILENCES = 30

/** Waits while `going` says so, showing progress. Answers the last view. */
export async function follow(
  id: string,
  client: Client,
  terminal: Terminal,
  interrupted: AbortSignal,
  options: {
    readonly untilDecided?: boolean
    /** Somebody has just answered this state: it is on its way out, and seeing it is no reason to stop. */
    readonly leaving?: ChangeView['state']
    /** Between two questions to a gate that does not answer. */
    readonly pause?: (milliseconds: number) => Promise<void>
  } = {},
): Promise<ChangeView> {
  const seenSteps = new Set<string>()
  let view = await client.get(`/changes/${id}`, changeView)
  let announced = false
  const since = performance.now()
  let leaving = options.leaving
  for (;;) {
    if (view.execution !== undefined && !announced) {
      announced = true
      announce(view, terminal)
    }
    showSteps(view, terminal, seenSteps)
    if (view.state !== leaving || performance.now() - since > LEAVING_MS) leaving = undefined
    if (ENDED.includes(view.state)) break
    if (NEEDS_PERSON.includes(view.state) && leaving === undefined) break
    if (options.untilDecided === true && view.state !== 'awaiting_approval') break
    if (interrupted.aborted) break
    terminal.moving(movingLine(view, terminal, performance.now() - since))
    const { version } = view
    const seen = await patiently(
      () =>
        client.get(`/changes/${id}/wait`, changeView, {
          ...(version === undefined ? {} : { seen: String(version) }),
          seconds: terminal.streams.interactive ? '1' : POLL_SECONDS,
        }),
      {
        id,
        terminal,
        interrupted,
        pause: options.pause ?? ((ms) => systemClock.sleep(ms, interrupted).catch(() => {})),
      },
    )
    if (seen === undefined) break
    view = seen
  }
  terminal.settle()
  return view
}

/** A gate that dies is started again, and the runner goes on without it: its silence is no end of what is followed. */
async function patiently(
  look: () => Promise<ChangeView>,
  of: {
    readonly id: string
    readonly terminal: Terminal
    readonly interrupted: AbortSignal
    readonly pause: (milliseconds: number) => Promise<void>
  },
): Promise<ChangeView | undefined> {
  for (let silences = 0; ; silences++) {
    try {
      return await look()
    } catch (error) {
      const isSilent = error instanceof SekishoError && error.code === 'gate.unreachable'
      if (!isSilent) throw error
      if (of.interrupted.aborted) return undefined
      if (silences === 0 || silences === MAX_SILENCES) {
        of.terminal.settle()
        of.terminal.note(
          of.terminal.pick({
            ja: `関所が応答しません。始まったことはランナーが最後まで行います。あとで見る: sekisho change wait ${of.id}`,
            en: `The gate does not answer. What has begun the runner does to its end. To look later: sekisho change wait ${of.id}`,
          }),
        )
      }
      if (silences === MAX_SILENCES) throw error
      await of.pause(SILENCE_MS)
    }
  }
}

function announce(view: ChangeView, terminal: Terminal): void {
  const words = CHANGE_WORDS[terminal.language]
  const by = view.decisions.find((one) => one.live && one.type === 'approve')
  const right = by === undefined ? '' : terminal.pick({ ja: `承認 ${by.name}`, en: `approved by ${by.name}` })
  // What is over is told again from its beginning, and does not say that it runs.
  const now =
    view.execution?.endedAt === undefined
      ? (words.state['executing'] ?? '')
      : terminal.pick({ ja: '実行の記録', en: 'as it ran' })
  terminal.note(`${view.execution?.id}  ${now}${right === '' ? '' : `    ${right}`}`)
}

function label(step: ChangeView['steps'][number], terminal: Terminal): string {
  const words = CHANGE_WORDS[terminal.language]
  if (step.kind !== 'unit') return words.step[step.kind] ?? step.kind
  const { verb, unit } = unitOf(step)
  return unit === undefined
    ? (words.step['unit'] ?? '')
    : `${unit.replace(/\.service$/, '')} ${words.step[`unit.${verb}`] ?? verb}`
}

const WIDTH = 34

/** Each step is printed once, when it has ended. */
function showSteps(view: ChangeView, terminal: Terminal, seen: Set<string>): void {
  if (view.execution === undefined) return
  const marks = terminal.ascii
    ? { done: 'ok', failed: 'x', skipped: '-', uncertain: '?' }
    : { done: '✓', failed: '✗', skipped: '−', uncertain: '!' }
  view.execution.steps.forEach((step, i) => {
    if (step.state === 'waiting' || step.state === 'running' || seen.has(step.id)) return
    seen.add(step.id)
    const ms =
      step.milliseconds === undefined
        ? ''
        : `  ${seconds(step.milliseconds)} ${terminal.pick({ ja: '秒', en: 's' })}`
    const mark = marks[step.state]
    terminal.note(
      `${String(i + 1).padStart(2)} ${pad(label(step, terminal), WIDTH)}${terminal.paint(step.state === 'done' ? 'good' : step.state === 'failed' ? 'bad' : 'look', mark)}${ms}`,
    )
  })
}

function movingLine(view: ChangeView, terminal: Terminal, sinceMs: number): string {
  const words = CHANGE_WORDS[terminal.language]
  const running = view.execution?.steps.find(({ state }) => state === 'running')
  const what = running === undefined ? (words.state[view.state] ?? view.state) : label(running, terminal)
  return ` ${terminal.ascii ? '+' : '◐'} ${what}  ${seconds(sinceMs)} ${terminal.pick({ ja: '秒', en: 's' })}`
}

/** The last words about a change, and the exit code that goes with its state. */
export function conclude(view: ChangeView, terminal: Terminal, zone = 'UTC'): ExitCode {
  if (terminal.json) {
    terminal.answer(view)
    return exitOf(view)
  }
  const { id } = view
  const why = whyOf(view, terminal.language)
  switch (view.state) {
    case 'succeeded':
    case 'closed': {
      const outcome = view.execution?.outcome
      if (outcome === 'failed') return failed(view, terminal, why)
      if (outcome === 'rolled_back' || outcome === 'nothing_done' || outcome === 'aborted')
        return undone(view, terminal, why)
      terminal.say(
        view.pattern === 'service' && view.kind === 'stop'
          ? terminal.pick({
              ja: `止まったことを確かめました。記録: sekisho record show ${id}`,
              en: `Done, and proven to have stopped. The record: sekisho record show ${id}`,
            })
          : view.pattern === 'service'
            ? terminal.pick({
                ja: `動いていることを確かめました。記録: sekisho record show ${id}`,
                en: `Done, and proven to run. The record: sekisho record show ${id}`,
              })
            : terminal.pick({
                ja: `維持しました。記録: sekisho record show ${id}`,
                en: `Kept. The record: sekisho record show ${id}`,
              }),
      )
      return EXIT.done
    }
    case 'rolled_back':
      return undone(view, terminal, why)
    case 'failed':
      return failed(view, terminal, why)
    case 'void': {
      const moved = (view.moved ?? []).map((one) => {
        const when = one.at === undefined ? '' : `  ${localTime(one.at, zone, terminal.language)}`
        const by = one.by === undefined ? '' : `  ${CHANGE_WORDS[terminal.language].movedBy(one.by)}`
        return `${CHANGE_WORDS[terminal.language].code(one.code, { what: one.what, ...one.detail })}${when}${by}`
      })
      terminal.sentence('✗', {
        what: terminal.pick({
          ja: `${id} の承認は無効になりました。本番には何もしていません`,
          en: `The approval of ${id} is void. Nothing was done to production`,
        }),
        why: moved.join(BETWEEN),
        next: reviseLines({ ...view, checks: [] }),
      })
      return EXIT.blocked
    }
    case 'blocked': {
      const red = view.checks.filter(
        ({ verdict }) => verdict === 'red' || verdict === 'unknown' || verdict === 'not_tried',
      )
      const words = CHANGE_WORDS[terminal.language]
      terminal.sentence('✗', {
        what: terminal.pick({
          ja: `${id} は検査で止まりました。本番には何もしていません`,
          en: `${id} is blocked by a check. Nothing was done to production`,
        }),
        why: red
          .map(
            (one) =>
              `${words.check[one.check] ?? one.check}: ${one.problems.flatMap((problem) => problemLines(problem, terminal.language)).join(' · ') || (words.verdict[one.verdict] ?? one.verdict)}`,
          )
          .join(' / '),
        next: [`sekisho change evidence ${id}`, ...reviseLines(view)],
      })
      return EXIT.blocked
    }
    case 'awaiting_approval':
      terminal.note(
        terminal.pick({
          ja: `承認待ちです。待つ: sekisho change wait ${id}`,
          en: `Waiting for approval. To wait: sekisho change wait ${id}`,
        }),
      )
      return EXIT.waiting
    case 'awaiting_keep':
      terminal.sentence('!', {
        what: terminal.pick({
          ja: `${id} は維持の確認を待っています。答えがなければ元に戻ります`,
          en: `${id} waits for keep; without an answer it goes back`,
        }),
        ...waitsWhy(view, terminal),
        next: [`sekisho change keep ${id}`, `sekisho change abort ${id}`],
      })
      return EXIT.waiting
    case 'paused':
    case 'stuck':
      terminal.sentence('!', {
        what: terminal.pick({ ja: `${id} は人の判断を待っています`, en: `${id} waits for a person` }),
        ...(why === undefined ? {} : { why: reasonOf(view.state, why) }),
        next: [...(why?.next ?? []), ...view.next.map(({ command }) => command)],
      })
      return EXIT.waiting
    case 'lost':
      terminal.sentence('!', {
        what: terminal.pick({
          ja: `${id} がどこまで進んだか分かりません`,
          en: `How far ${id} came is not known`,
        }),
        why: terminal.pick({
          ja: 'ランナーがこの実行を知りません。ランナーの状態が失われたか、古いものに戻されています。元の状態が戻れば続きます',
          en: 'the runner does not know this execution: its state was lost, or an older one was put back. Once the right one is back, it goes on',
        }),
        next: [`sekisho change diff ${id}`, ...view.next.map(({ command }) => command)],
      })
      return EXIT.waiting
    case 'rejected':
    case 'withdrawn':
    case 'expired':
      terminal.sentence('✗', {
        what: `${id}: ${CHANGE_WORDS[terminal.language].state[view.state]}`,
        next: view.next.map(({ command }) => command),
      })
      return EXIT.blocked
    case 'draft':
    case 'planned':
    case 'checking':
    case 'ready':
    case 'approved':
    case 'scheduled':
    case 'executing':
    case 'verifying':
    case 'rolling_back':
      terminal.note(`${id}: ${CHANGE_WORDS[terminal.language].state[view.state]}    ${goOn(view)}`)
      return EXIT.waiting
  }
}

/** What could not be shown, and how long there is for a person to say it. */
function waitsWhy(view: ChangeView, terminal: Terminal): { readonly why?: string } {
  const said = unproven(view, terminal.language)
  const left = view.execution?.state['remainingMs']
  const parts = [
    ...(said === undefined ? [] : [said.what, ...(said.why === undefined ? [] : [said.why])]),
    ...(typeof left === 'number'
      ? [
          terminal.pick({
            ja: `あと ${Math.ceil(left / 1000)} 秒で元に戻ります`,
            en: `it goes back in ${Math.ceil(left / 1000)} s`,
          }),
        ]
      : []),
  ]
  return parts.length === 0 ? {} : { why: parts.join(' · ') }
}

/** Before it is sealed nothing happens by itself; after that it can be waited for. */
function goOn(view: ChangeView): string {
  const self = view.state !== 'draft' && view.state !== 'planned' && view.state !== 'ready'
  return (self ? undefined : view.next[0]?.command) ?? `sekisho change wait ${view.id}`
}

/** Blocked by its own content, a file must come anew; else the same wish is looked at again. */
function reviseLines(view: ChangeView): readonly string[] {
  // What a restore was laid out from is no file that somebody could bring anew.
  if (view.pattern === 'data') return view.next.map(({ command }) => command)
  const [file] = view.impact.files
  const content = view.checks.some(
    ({ check, verdict }) => verdict === 'red' && (check === 'validation' || check === 'trial'),
  )
  const wish = content && file !== undefined && view.kind !== 'dotenv' ? ` --file ${file}=NEWFILE` : ''
  const before = view.next.map(({ command }) => command).filter((one) => one.startsWith('sekisho runner '))
  return [...holders(view), ...before, `sekisho change revise ${view.id}${wish}`]
}

/** What holds a target of it has to end first. */
function holders({ checks }: ChangeView): readonly string[] {
  const held = checks
    .filter(({ check }) => check === 'conflict')
    .flatMap(({ problems }) => problems.flatMap(({ text }) => /CHG-\d{4}-\d{4}/.exec(text)?.[0] ?? []))
  return [...new Set(held)].map((id) => `sekisho change show ${id}`)
}

function undone(view: ChangeView, terminal: Terminal, why: Sentence | undefined): ExitCode {
  const { width } = terminal.streams
  const label = terminal.pick({ ja: '理由  ', en: 'why   ' })
  const said = why === undefined ? [] : [why.what, ...(why.why === undefined ? [] : [why.why])]
  terminal.say(
    [
      terminal.paint(
        'bad',
        terminal.pick({
          ja: '元に戻しました。本番は変更前と同じです。',
          en: 'Taken back. Production is as it was before.',
        }),
      ),
      ...said
        .flatMap((line) => facts(visibleLine(line), width - columns(label) - 2))
        .flatMap((line, i) => labelled(i === 0 ? `  ${label}` : '', line, columns(label) + 2, width)),
      ...[...(why?.next ?? []), `sekisho record show ${view.id}`].map(
        (line, i) => `  ${i === 0 ? terminal.pick({ ja: '次に', en: 'next' }) : '    '}  ${line}`,
      ),
    ].join('\n'),
  )
  return EXIT.failed
}

/** Of what could not be taken back a person has to know what was in the way. */
function reasonOf(state: ChangeView['state'], { what, why }: Sentence): string {
  return state === 'stuck' && why !== undefined ? `${what}${BETWEEN}${why}` : what
}

/** A restart has no way back: what is left is how the service stands, and a person. */
function failed(view: ChangeView, terminal: Terminal, why: Sentence | undefined): ExitCode {
  const { active, sub } = view.execution?.because?.detail ?? {}
  const unit =
    typeof sub === 'string' && sub !== '' && sub !== active ? `${String(active)} (${sub})` : String(active)
  const stands =
    active === undefined
      ? { ja: '', en: '' }
      : { ja: `サービスは今 ${unit} です`, en: ` The service is ${unit}` }
  const said = why === undefined ? [] : [why.what, ...(why.why === undefined ? [] : [why.why])]
  const isLeft = view.execution?.because?.code === 'undo_skipped'
  terminal.sentence('✗', {
    what: isLeft
      ? terminal.pick({
          ja: '失敗しました。戻っていないものがあります。本番は変更前と同じではありません。',
          en: 'Failed, and not all of it is taken back. Production is not as it was before.',
        })
      : terminal.pick({
          ja: `失敗しました。これには取り消しがありません。${stands.ja}`,
          en: `Failed; there is no way back for this.${stands.en}`,
        }),
    ...(said.length === 0 ? {} : { why: said.join(BETWEEN) }),
    next: [
      ...(why?.next ?? []),
      `sekisho service show ${view.service}`,
      `sekisho record show ${view.id}`,
      ...view.next.flatMap(({ command }) => (isLeft ? [command] : [])),
    ],
  })
  return EXIT.failed
}

export function exitOf(view: ChangeView): ExitCode {
  switch (view.state) {
    case 'succeeded':
    case 'closed':
      return view.execution?.outcome === 'kept' ? EXIT.done : EXIT.failed
    case 'rolled_back':
    case 'failed':
      return EXIT.failed
    case 'void':
    case 'blocked':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
      return EXIT.blocked
    case 'draft':
    case 'planned':
    case 'checking':
    case 'ready':
    case 'awaiting_approval':
    case 'approved':
    case 'scheduled':
    case 'executing':
    case 'paused':
    case 'verifying':
    case 'awaiting_keep':
    case 'rolling_back':
    case 'lost':
    case 'stuck':
      return EXIT.waiting
  }
}

/** After Ctrl-C: nothing was withdrawn, and this is how to go on. */
export function stayed(view: ChangeView, terminal: Terminal): ExitCode {
  terminal.note(
    terminal.pick({
      ja: `変更は残っています。続き: sekisho change wait ${view.id}`,
      en: `The change stays. To go on: sekisho change wait ${view.id}`,
    }),
  )
  return EXIT.interrupted
}
