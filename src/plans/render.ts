// What will be run, exactly, as lines: `change plan` prints this and the runner runs this and computes nothing else (spine §3).
import type { PlanWords } from '../words/plan.ts'
import type { Action, EnvSetting, FileChange, FileState, Plan, Proof, UndoStep } from './plan.ts'
import { type FromBackup, isFromBackup, type RestoreAction } from './restore.ts'

export interface RenderedStep {
  /** `copies`, `diagnostics`, the action's number, `proof`, `keep`. */
  readonly id: string
  readonly kind: string
  readonly lines: readonly string[]
}

export const SYSTEMCTL = '/usr/bin/systemctl'

/** The argv of a unit action: the one place that says it, used by the runner's act/ too. */
export function unitArgv(verb: 'start' | 'stop' | 'restart' | 'reload', unit: string): readonly string[] {
  return [SYSTEMCTL, '--no-ask-password', verb, '--', unit]
}
export const DAEMON_RELOAD_ARGV: readonly string[] = [SYSTEMCTL, '--no-ask-password', 'daemon-reload']

/** What decides is the same in every language: commands, paths, digests, figures. */
export function renderPlan(plan: Plan, words: PlanWords): readonly RenderedStep[] {
  const writes = plan.actions.some(
    ({ action }) => action.kind === 'replaceFiles' || action.kind === 'editEnv',
  )
  return [
    ...(plan.diagnostics
      ? [{ id: 'diagnostics', kind: 'diagnostics', lines: diagnosticsLines(plan, words) }]
      : []),
    ...(writes ? [{ id: 'copies', kind: 'copies', lines: copyLines(plan, words) }] : []),
    ...plan.actions.map(({ id, action }) => ({ id, kind: action.kind, lines: actionLines(action, words) })),
    { id: 'proof', kind: 'proof', lines: plan.proof.map((one) => proofLine(one, plan, words)) },
    {
      id: 'keep',
      kind: 'keep',
      lines: [
        plan.keep.by === 'proof'
          ? words.keptByProof(plan.keep.seconds)
          : words.keptByPerson(plan.keep.seconds),
      ],
    },
  ]
}

/** The way back, in the order in which it would run. */
export function renderUndo(plan: Plan, words: PlanWords): readonly string[] {
  return [...plan.actions]
    .reverse()
    .flatMap(({ action, undo }) => undo.flatMap((step) => undoLines(step, action, words)))
}

function actionLines(action: Action, words: PlanWords): readonly string[] {
  switch (action.kind) {
    case 'replaceFiles':
      return action.files.map((file) => fileLine(file, words))
    case 'editEnv':
      return [
        words.edit(action.real, describe(action.before, words)),
        ...action.set.map((one) => `  ${settingLine(one, words)}`),
        ...action.unset.map((key) => `  ${words.unset(key)}`),
      ]
    case 'unit':
      return [unitArgv(action.verb, action.unit).join(' ')]
    case 'daemonReload':
      return [DAEMON_RELOAD_ARGV.join(' ')]
    case 'assertLoss':
      return [words.assertLoss(action.lists.slice(0, 12))]
    case 'exchange':
      return [exchangeLine(action, words)]
    case 'renameDatabase':
      return [renameLine(action, words)]
  }
}

type RestoreOf<Kind extends RestoreAction['kind']> = Extract<RestoreAction, { readonly kind: Kind }>

function exchangeLine(
  { path, from, digest, before, after }: RestoreOf<'exchange'>,
  words: PlanWords,
): string {
  const short = digest.slice(0, 12)
  if (isFromBackup(from))
    return (before === 'absent' ? words.moveIn : words.exchange)(path, copyText(from), short)
  const evidence = words.evidence(from.evidence)
  if (after === 'absent') return words.moveOut(path, evidence)
  return (before === 'absent' ? words.moveInEvidence : words.exchangeEvidence)(path, evidence, short)
}

function renameLine(
  { database, beside, from, digest, before, after }: RestoreOf<'renameDatabase'>,
  words: PlanWords,
): string {
  const short = digest.slice(0, 12)
  if (isFromBackup(from))
    return (before === 'absent' ? words.renameIn : words.rename)(database, beside, copyText(from), short)
  const evidence = words.evidence(from.evidence)
  if (after === 'absent') return words.renameOut(database, beside, evidence)
  return (before === 'absent' ? words.renameInEvidence : words.renameEvidence)(
    database,
    beside,
    evidence,
    short,
  )
}

function copyText({ backup, copy }: FromBackup): string {
  return `${backup} (${copy})`
}

/** A value given in the open is shown whole: whoever approves reads what will stand there. Secrets travel by name and version. */
function settingLine({ key, to }: EnvSetting, words: PlanWords): string {
  return to.kind === 'secret'
    ? words.setSecret(key, to.reference, to.version)
    : words.set(`${key}=${JSON.stringify(to.value).slice(1, -1)}`)
}

function fileLine({ real, before, after }: FileChange, words: PlanWords): string {
  return `${real}: ${describe(before, words)} -> ${describe(after, words)}`
}

function describe(state: FileState, words: PlanWords): string {
  switch (state.kind) {
    case 'absent':
      return words.absent
    case 'file':
      return `sha256 ${state.digest.slice(0, 12)} ${words.bytes(state.size)} ${octal(state.mode)} ${state.uid}:${state.gid}`
    case 'secret':
      return `${words.secret(state.keyed.slice(0, 12))} ${octal(state.mode)} ${state.uid}:${state.gid}`
    case 'link':
      return words.linkTo(state.target)
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function undoLines(step: UndoStep, of: Action, words: PlanWords): readonly string[] {
  switch (step.kind) {
    case 'putBack':
      if (of.kind === 'replaceFiles')
        return of.files.map(({ real, before }) => words.putBack(real, describe(before, words)))
      if (of.kind === 'exchange') {
        if (of.after === 'absent') return [words.moveInAgain(of.path)]
        return [of.before === 'absent' ? words.moveAway(of.path) : words.exchangeBack(of.path)]
      }
      if (of.kind === 'renameDatabase') {
        if (of.after === 'absent') return [words.renameInAgain(of.database, of.beside)]
        return [(of.before === 'absent' ? words.renameAway : words.renameBack)(of.database, of.beside)]
      }
      return of.kind === 'editEnv' ? [words.putBack(of.real, describe(of.before, words))] : []
    case 'unit':
      return [unitArgv(step.verb, step.unit).join(' ')]
    case 'daemonReload':
      return [DAEMON_RELOAD_ARGV.join(' ')]
  }
}

function copyLines(plan: Plan, words: PlanWords): readonly string[] {
  return plan.actions.flatMap(({ action }) => {
    if (action.kind === 'replaceFiles')
      return action.files.filter(({ before }) => before.kind !== 'absent').map(({ real }) => words.copy(real))
    return action.kind === 'editEnv' && action.before.kind !== 'absent' ? [words.copy(action.real)] : []
  })
}

function diagnosticsLines(plan: Plan, words: PlanWords): readonly string[] {
  return plan.actions.flatMap(({ action }) =>
    action.kind === 'unit'
      ? [`${SYSTEMCTL} status ${action.unit}`, `journalctl -u ${action.unit} -n 200`, words.errorLog]
      : [],
  )
}

function proofLine(proof: Proof, plan: Plan, words: PlanWords): string {
  switch (proof.kind) {
    case 'files':
      return words.files
    case 'nginx':
      return words.nginx(proof.unit, proof.errorLog, proof.stableMs)
    case 'unit':
      return words.unit(proof.unit, proof.restarted, proof.stableMs)
    case 'running':
      return words.running(proof.unit, proof.active, proof.newer, proof.stableMs)
    case 'answers':
      return words.answers(proof.unit, proof.greeting, proof.stableMs)
    case 'health':
      return words.health
    case 'probe':
      return words.probe(proof.path)
    case 'restored':
      return (isBroughtBack(plan) ? words.broughtBack : words.restored)(proof.what)
  }
}

/** A restore is taken back: what was put aside comes as it is. */
function isBroughtBack({ actions }: Plan): boolean {
  return actions.some(({ action }) => 'from' in action && !isFromBackup(action.from))
}
