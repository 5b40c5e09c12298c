// Noting a problem at a path of the document; where the path stands is looked up once, here.
import type { PolicyProblem, PolicyProblemCode, Position } from '../base/policy-problem.ts'

export type Note = (path: string, code: PolicyProblemCode, detail?: PolicyProblem['detail']) => void

/** Runs a check and answers what it noted. */
export function noted(
  check: (note: Note) => void,
  positionOf: (path: string) => Position,
): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = []
  check((path, code, detail = {}) => {
    problems.push({ ...positionOf(path), path, code, detail })
  })
  return problems
}
