// What will be run, exactly, as lines: `change plan` prints this and the runner runs this and computes nothing else (spine §3).
import type { Action, EnvSetting, FileChange, FileState, Plan, Proof, UndoStep } from './plan.ts'

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

export function renderPlan(plan: Plan): readonly RenderedStep[] {
  const writes = plan.actions.some(
    ({ action }) => action.kind === 'replaceFiles' || action.kind === 'editEnv',
  )
  return [
    ...(plan.diagnostics ? [{ id: 'diagnostics', kind: 'diagnostics', lines: diagnosticsLines(plan) }] : []),
    ...(writes ? [{ id: 'copies', kind: 'copies', lines: copyLines(plan) }] : []),
    ...plan.actions.map(({ id, action }) => ({ id, kind: action.kind, lines: actionLines(action) })),
    { id: 'proof', kind: 'proof', lines: plan.proof.map(proofLine) },
    {
      id: 'keep',
      kind: 'keep',
      lines: [`keep by ${plan.keep.by}, within ${plan.keep.seconds} s, else undo`],
    },
  ]
}

/** The way back, in the order in which it would run. */
export function renderUndo(plan: Plan): readonly string[] {
  return [...plan.actions]
    .reverse()
    .flatMap(({ action, undo }) => undo.flatMap((step) => undoLines(step, action)))
}

function actionLines(action: Action): readonly string[] {
  switch (action.kind) {
    case 'replaceFiles':
      return action.files.map((file) => fileLine(file))
    case 'editEnv':
      return [
        `edit ${action.real} (${describe(action.before)})`,
        ...action.set.map((one) => `  set ${settingLine(one)}`),
        ...action.unset.map((key) => `  unset ${key}`),
      ]
    case 'unit':
      return [unitArgv(action.verb, action.unit).join(' ')]
    case 'daemonReload':
      return [DAEMON_RELOAD_ARGV.join(' ')]
  }
}

/** A value given in the open is shown whole: whoever approves reads what will stand there. Secrets travel by name and version. */
function settingLine({ key, to }: EnvSetting): string {
  return to.kind === 'secret'
    ? `${key} to secret ${to.reference} version ${to.version}`
    : `${key}=${JSON.stringify(to.value).slice(1, -1)}`
}

function fileLine({ real, before, after }: FileChange): string {
  return `${real}: ${describe(before)} -> ${describe(after)}`
}

export function describe(state: FileState): string {
  switch (state.kind) {
    case 'absent':
      return 'absent'
    case 'file':
      return `sha256 ${state.digest.slice(0, 12)} ${state.size} bytes ${octal(state.mode)} ${state.uid}:${state.gid}`
    case 'secret':
      return `secret ${state.keyed.slice(0, 12)} ${octal(state.mode)} ${state.uid}:${state.gid}`
    case 'link':
      return `link to ${state.target}`
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function undoLines(step: UndoStep, of: Action): readonly string[] {
  switch (step.kind) {
    case 'putBack':
      if (of.kind === 'replaceFiles')
        return of.files.map(({ real, before }) => `put back ${real}: ${describe(before)}`)
      return of.kind === 'editEnv' ? [`put back ${of.real}: ${describe(of.before)}`] : []
    case 'unit':
      return [unitArgv(step.verb, step.unit).join(' ')]
    case 'daemonReload':
      return [DAEMON_RELOAD_ARGV.join(' ')]
  }
}

function copyLines(plan: Plan): readonly string[] {
  return plan.actions.flatMap(({ action }) => {
    if (action.kind === 'replaceFiles')
      return action.files.filter(({ before }) => before.kind !== 'absent').map(({ real }) => `copy ${real}`)
    return action.kind === 'editEnv' && action.before.kind !== 'absent' ? [`copy ${action.real}`] : []
  })
}

function diagnosticsLines(plan: Plan): readonly string[] {
  return plan.actions.flatMap(({ action }) =>
    action.kind === 'unit'
      ? [`${SYSTEMCTL} status ${action.unit}`, `journalctl -u ${action.unit} -n 200`, 'error log, last lines']
      : [],
  )
}

function proofLine(proof: Proof): string {
  switch (proof.kind) {
    case 'files':
      return 'bytes, owner and mode of each file as planned'
    case 'nginx':
      return `${proof.unit}: effective files as planned, every worker new, sockets as in the trial, no [emerg] in ${proof.errorLog}, stable ${proof.stableMs} ms`
    case 'unit':
      return `${proof.unit}: loaded, no new warning, settings read back${proof.restarted ? ', newer invocation' : ''}, stable ${proof.stableMs} ms`
    case 'running':
      return `${proof.unit}: ${proof.active ? 'active' : 'inactive'}${proof.newer ? ', newer invocation' : ''}, stable ${proof.stableMs} ms`
    case 'health':
      return 'declared health, N of M'
    case 'probe':
      return `declared probe of ${proof.path}`
  }
}
