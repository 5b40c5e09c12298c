// What will be run, exactly, as lines: `change plan` prints this and the runner runs this and computes nothing else (spine §3).
import type { PlanWords } from '../words/plan.ts'
import { SYSTEMCTL } from './actions/unit.ts'
import { type Action, actionLines, plannedFiles, putBackLines, writesFiles } from './actions.ts'
import type { Plan, UndoStep } from './plan.ts'
import { proofLine } from './proofs.ts'
import { isFromBackup } from './restore.ts'

export interface RenderedStep {
  /** `copies`, `diagnostics`, the action's number, `proof`, `keep`. */
  readonly id: string
  readonly kind: string
  readonly lines: readonly string[]
}

/** What decides is the same in every language: commands, paths, digests, figures. */
export function renderPlan(plan: Plan, words: PlanWords): readonly RenderedStep[] {
  const writes = plan.actions.some(({ action }) => writesFiles(action))
  return [
    ...(plan.diagnostics
      ? [{ id: 'diagnostics', kind: 'diagnostics', lines: diagnosticsLines(plan, words) }]
      : []),
    ...(writes ? [{ id: 'copies', kind: 'copies', lines: copyLines(plan, words) }] : []),
    ...plan.actions.map(({ id, action }) => ({ id, kind: action.kind, lines: actionLines(action, words) })),
    {
      id: 'proof',
      kind: 'proof',
      lines: plan.proof.map((one) => proofLine(one, isBroughtBack(plan), words)),
    },
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

function undoLines(step: UndoStep, of: Action, words: PlanWords): readonly string[] {
  return step.kind === 'putBack' ? putBackLines(of, words) : actionLines(step, words)
}

function copyLines(plan: Plan, words: PlanWords): readonly string[] {
  return plan.actions.flatMap(({ action }) =>
    plannedFiles(action)
      .filter(({ before }) => before.kind !== 'absent')
      .map(({ real }) => words.copy(real)),
  )
}

function diagnosticsLines(plan: Plan, words: PlanWords): readonly string[] {
  return plan.actions.flatMap(({ action }) =>
    action.kind === 'unit'
      ? [`${SYSTEMCTL} status ${action.unit}`, `journalctl -u ${action.unit} -n 200`, words.errorLog]
      : [],
  )
}

/** A restore is taken back: what was put aside comes as it is. */
function isBroughtBack({ actions }: Plan): boolean {
  return actions.some(({ action }) => 'from' in action && !isFromBackup(action.from))
}
