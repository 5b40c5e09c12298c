// The message of the commit of a change of code, in the form of the guide: what people wrote, what was computed, what the suites said.
import type { CodeStaged, SuiteFigures } from '../plans/code.ts'
import { CODE_WORDS } from '../words/code.ts'
import { type CommitKind, commitBody, kindOfSubject } from '../words/commit-message.ts'
import type { Language } from '../words/words.ts'

export interface CommitTexts {
  readonly summary?: string
  readonly reason?: string
  readonly instruction?: string
  readonly explanation?: { readonly impact: string; readonly risk: string }
}

const LINES = 20

export function commitMessage(language: Language, staged: CodeStaged, texts: CommitTexts): string {
  const { tests, impact, files } = staged
  const words = CODE_WORDS[language]
  const suite = ({ passed, failed, skipped }: SuiteFigures) => words.suite(passed, failed, skipped)
  const touched = [
    ...impact.routes,
    ...impact.models,
    ...(impact.tables ?? []),
    ...impact.environment,
    ...impact.units,
    ...(impact.movedUnits ?? []),
    ...impact.dependencies,
  ]
  return commitBody(language, {
    kind: kindOf(staged),
    summary: texts.summary ?? withoutKind(staged.subject),
    details: [texts.instruction, texts.reason, ...firstOf(files.map(({ path }) => path))].flatMap(
      (one) => one ?? [],
    ),
    impact: [...(texts.explanation === undefined ? [] : [texts.explanation.impact]), ...firstOf(touched)],
    tests: tests === undefined ? [] : [words.suites(suite(tests.before), suite(tests.after))],
  })
}

const firstOf = (all: readonly string[]): readonly string[] =>
  all.length <= LINES ? all : [...all.slice(0, LINES), `… + ${all.length - LINES}`]

/** By the first word of the candidate's own subject. */
function kindOf({ back, takesBack, subject }: CodeStaged): CommitKind {
  return back === true || takesBack !== undefined ? 'back' : kindOfSubject(subject)
}

/** The kind stands in front of the line already. */
function withoutKind(subject: string): string {
  return subject.replace(/^[\p{L}]+(?:\([^)]*\))?!?:\s*/u, '') || subject
}
