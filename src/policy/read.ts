// The one way from a text to a policy: read, check, compile. Either there is a policy, or there are the problems of the whole file.
import { inFileOrder, type PolicyProblem, type Position } from '../base/policy-problem.ts'
import type { GuardPolicy } from '../guard/policy.ts'
import { checkDocument } from './check.ts'
import { checkApprovers } from './check-approvers.ts'
import { type Compiled, compile, compileForGuard } from './compile.ts'
import { type PolicyDocument, readDocument } from './document.ts'
import { declaredFiles } from './expand.ts'
import { noted } from './note.ts'

export type ReadPolicy =
  | {
      readonly ok: true
      readonly compiled: Compiled
      /** Where a path such as `services.mirai.health.url` stands, for what the host shows later. */
      readonly positionOf: (path: string) => Position
      /** Where each declared file stands in the document. */
      readonly declared: readonly { readonly at: string; readonly path: string }[]
    }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] }

/** Total: whatever the text is, it answers; problems come in the order of the file, each with its line. */
export function readPolicy(source: string): ReadPolicy {
  const { document, problems, positionOf, isWritten } = readDocument(source)
  if (document === undefined) return { ok: false, problems: inFileOrder(problems) }
  const found = [...problems, ...noted((note) => checkDocument(document, isWritten, note), positionOf)]
  if (found.length > 0) return { ok: false, problems: inFileOrder(found) }
  // Asked only of what is right so far: a key that could not be read would show here a second time.
  const dead = noted((note) => checkApprovers(document, note), positionOf)
  if (dead.length > 0) return { ok: false, problems: inFileOrder(dead) }
  return { ok: true, compiled: compile(document), positionOf, declared: declaredPaths(document) }
}

function declaredPaths(document: PolicyDocument): readonly { readonly at: string; readonly path: string }[] {
  return (document.services ?? []).flatMap(({ id, value }) =>
    declaredFiles(value).map(({ index, file }) => ({
      at: `services.${id}.configs[${index}]`,
      path: file.path,
    })),
  )
}

export type ReadGuard =
  | { readonly ok: true; readonly policy: GuardPolicy }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] }

/** For one question to the guard: what is protected counts, who approves does not. Nothing comes into force by it. */
export function readForGuard(source: string): ReadGuard {
  const { document, problems, positionOf, isWritten } = readDocument(source)
  const isOurs = ({ path, code, detail }: PolicyProblem) =>
    !(code === 'key.missing' && path === '' && detail['key'] === 'people') &&
    !/^(?:people|agents)\b/.test(path)
  const found =
    document === undefined
      ? problems
      : [...problems, ...noted((note) => checkDocument(document, isWritten, note), positionOf)]
  const ours = found.filter(isOurs)
  if (ours.length > 0) return { ok: false, problems: inFileOrder(ours) }
  const readable = document ?? readDocument(`${source}\npeople: {}\n`).document
  return readable === undefined
    ? { ok: false, problems: inFileOrder(problems) }
    : { ok: true, policy: compileForGuard(readable) }
}
