// Prints how a change stands or ended, why, and what to type next; returns the exit code for it.
import { EXIT, type ExitCode } from '../base/error-codes.ts'
import { checkTitle, shownProblems } from '../change/card-checks.ts'
import { commitStep } from '../change/commit-step.ts'
import { wasDone } from '../change/was-done.ts'
import { unproven, whyOf } from '../change/why.ts'
import type { ChangeView, CheckView } from '../contract/change.ts'
import { kindNamed } from '../plans/config-kinds/registry.ts'
import { CARD_WORDS } from '../words/card.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import { CHANGE_OUTCOME } from '../words/change-outcome.ts'
import { deliveryTrouble } from '../words/delivery.ts'
import { LABELS } from '../words/labels.ts'
import { BETWEEN, columns, facts, labelled, pad, visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import { problemLines } from '../words/problem.ts'
import type { Sentence } from '../words/words.ts'
import type { Terminal } from './terminal.ts'

/** Prints the last screen about a change and returns the exit code for its state. */
export function printOutcome(view: ChangeView, terminal: Terminal, zone = 'UTC'): ExitCode {
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
          ? terminal.pick(CHANGE_OUTCOME.stopped(id))
          : view.pattern === 'service'
            ? terminal.pick(CHANGE_OUTCOME.runs(id))
            : terminal.pick(CHANGE_OUTCOME.kept(id)),
      )
      const left =
        view.delivery === undefined
          ? undefined
          : deliveryTrouble(view.delivery, view.service, terminal.language)
      if (left !== undefined) terminal.sentence('!', left)
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
        what: terminal.pick(
          CHANGE_OUTCOME.void(id, { ja: wasDone(view, 'ja', zone), en: wasDone(view, 'en', zone) }),
        ),
        why: moved.join(BETWEEN),
        next: [...rebaseLines(view), ...reviseLines({ ...view, checks: [] })],
      })
      return EXIT.blocked
    }
    case 'blocked': {
      const red = view.checks.filter(
        ({ verdict }) => verdict === 'red' || verdict === 'unknown' || verdict === 'not_tried',
      )
      const words = CHANGE_WORDS[terminal.language]
      terminal.sentence('✗', {
        what: terminal.pick(CHANGE_OUTCOME.blocked(id)),
        why: red
          .map(
            (one) =>
              `${checkTitle(one, words)}: ${foundIn(one, terminal).join(BETWEEN) || (words.verdict[one.verdict] ?? one.verdict)}`,
          )
          .join(BETWEEN),
        next: [`sekisho change evidence ${id}`, ...reviseLines(view)],
      })
      return EXIT.blocked
    }
    case 'awaiting_approval':
      terminal.note(terminal.pick(CHANGE_OUTCOME.awaitsApproval(id)))
      return EXIT.waiting
    case 'awaiting_keep':
      terminal.sentence('!', {
        what: terminal.pick(CHANGE_OUTCOME.awaitsKeep(id)),
        ...waitsWhy(view, terminal),
        next: [`sekisho change keep ${id}`, `sekisho change abort ${id}`],
      })
      return EXIT.waiting
    case 'paused':
    case 'stuck':
      terminal.sentence('!', {
        what: terminal.pick(CHANGE_OUTCOME.awaitsPerson(id)),
        ...(why === undefined ? {} : { why: reasonOf(view.state, why) }),
        next: [...(why?.next ?? []), ...view.next.map(({ command }) => command)],
      })
      return EXIT.waiting
    case 'lost':
      terminal.sentence('!', {
        what: terminal.pick(CHANGE_OUTCOME.lost(id)),
        why: terminal.pick(CHANGE_OUTCOME.lostWhy),
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

/** Proofs that were not shown, and the time left for a person to keep the change. */
function waitsWhy(view: ChangeView, terminal: Terminal): { readonly why?: string } {
  const said = unproven(view, terminal.language)
  const left = view.execution?.state['remainingMs']
  const parts = [
    ...(said === undefined ? [] : [said.what, ...(said.why === undefined ? [] : [said.why])]),
    ...(typeof left === 'number' ? [terminal.pick(CHANGE_OUTCOME.goesBackIn(Math.ceil(left / 1000)))] : []),
  ]
  return parts.length === 0 ? {} : { why: parts.join(BETWEEN) }
}

/** An unsealed change does nothing by itself. A sealed change can be waited for. */
function goOn(view: ChangeView): string {
  if (view.state === 'checking') return `sekisho change try ${view.id}`
  const self = view.state !== 'draft' && view.state !== 'planned' && view.state !== 'ready'
  return (self ? undefined : view.next[0]?.command) ?? `sekisho change wait ${view.id}`
}

/** Blocked by the content of a file: a new file is needed. Blocked otherwise: the same input is checked again. */
function reviseLines(view: ChangeView): readonly string[] {
  // What a restore is made from is no file that a person could give anew.
  if (view.pattern === 'data') return view.next.map(({ command }) => command)
  const [file] = view.impact.files
  const content = view.checks.some(
    ({ check, verdict }) => verdict === 'red' && (check === 'validation' || check === 'trial'),
  )
  const wish =
    view.pattern === 'code' && view.kind !== 'rollback'
      ? ' --commit HEAD'
      : view.pattern === 'schema'
        ? sqlWish(view)
        : content && file !== undefined && kindNamed(view.kind)?.byKey !== true
          ? ` --file ${file}=NEWFILE`
          : ''
  const before = view.next.map(({ command }) => command).filter((one) => one.startsWith('sekisho runner '))
  return [...holders(view), ...before, `sekisho change revise ${view.id}${wish}`]
}

/** Another change was deployed: the commit goes on top of it. A way back has no commit of the author's. */
function rebaseLines(view: ChangeView): readonly string[] {
  const on = commitStep(view.steps)
  const isTree = view.moved?.some(({ what }) => what.startsWith('code:')) === true
  if (!isTree || on === undefined || view.kind === 'rollback') return []
  return ['git fetch origin', `git rebase origin/${on.branch}`]
}

/** What was run on the clone is mended in its two texts; nothing else is given anew. */
function sqlWish({ checks }: ChangeView): string {
  const isText = checks.some(
    ({ check, verdict }) => verdict === 'red' && ['validation', 'trial', 'undo'].includes(check),
  )
  return isText ? ' --up FILE --down FILE' : ''
}

/** The changes that hold a target of this one: each has to end first. */
function holders({ checks }: ChangeView): readonly string[] {
  const held = checks
    .filter(({ check }) => check === 'conflict')
    .flatMap(({ problems }) => problems.flatMap(({ text }) => /CHG-\d{4}-\d{4}/.exec(text)?.[0] ?? []))
  return [...new Set(held)].map((id) => `sekisho change show ${id}`)
}

function undone(view: ChangeView, terminal: Terminal, why: Sentence | undefined): ExitCode {
  const { width } = terminal.streams
  const label = pad(terminal.pick(LABELS.why), 6)
  const said = why === undefined ? [] : [why.what, ...(why.why === undefined ? [] : [why.why])]
  terminal.say(
    [
      terminal.paint('bad', terminal.pick(CHANGE_OUTCOME.takenBack)),
      ...said
        .flatMap((line) => facts(visibleLine(line), width - columns(label) - 2))
        .flatMap((line, i) => labelled(i === 0 ? `  ${label}` : '', line, columns(label) + 2, width)),
      ...[...(why?.next ?? []), `sekisho record show ${view.id}`].map(
        (line, i) => `  ${i === 0 ? terminal.pick(LABELS.next) : '    '}  ${line}`,
      ),
    ].join('\n'),
  )
  return EXIT.failed
}

/** Where something could not be undone, a person needs the reason. */
function reasonOf(state: ChangeView['state'], { what, why }: Sentence): string {
  return state === 'stuck' && why !== undefined ? `${what}${BETWEEN}${why}` : what
}

/** A restart has no undo: the screen shows how the service stands. */
function failed(view: ChangeView, terminal: Terminal, why: Sentence | undefined): ExitCode {
  const { active, sub } = view.execution?.because?.detail ?? {}
  const unit =
    typeof sub === 'string' && sub !== '' && sub !== active ? `${String(active)} (${sub})` : String(active)
  const said = why === undefined ? [] : [why.what, ...(why.why === undefined ? [] : [why.why])]
  const isLeft = view.execution?.because?.code === 'undo_skipped'
  terminal.sentence('✗', {
    what: isLeft
      ? terminal.pick(CHANGE_OUTCOME.failedPartly)
      : terminal.pick(CHANGE_OUTCOME.failedForGood(active === undefined ? undefined : unit)),
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

/** The first findings of a check, and how many more there are; the next line to type shows all. */
function foundIn({ problems }: CheckView, { language }: Terminal): readonly string[] {
  const { shown, more } = shownProblems(problems)
  return [
    ...shown.flatMap((problem) => problemLines(problem, language)),
    ...(more === 0 ? [] : [CARD_WORDS[language].moreFound(more)]),
  ]
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

/** After Ctrl-C: nothing was withdrawn; prints how to go on. */
export function stayed(view: ChangeView, terminal: Terminal): ExitCode {
  terminal.note(terminal.pick(CHANGE_OUTCOME.stays(view.id)))
  return EXIT.interrupted
}
