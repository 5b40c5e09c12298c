// The answer with the scripts that a text starts in view. A view only strengthens (guard §6): what was refused without it is refused with
// it, and a script brings in what it changes or destroys; what it reads for itself it does not show to whoever started it.
import { decide, type Reason, type Verdict } from './decide.ts'
import { literalPath } from './path.ts'
import type { Compiled } from './policy.ts'
import type { Request } from './request.ts'

/** The text of a small regular file; undefined where there is none. */
export type ReadScript = (path: string) => string | undefined

/** Scripts in scripts. */
const ROUNDS = 3
const MOST = 8

export function decideWith(request: Request, compiled: Compiled, read: ReadScript): Verdict {
  const first = decide(request, compiled)
  if (request.kind !== 'shell') return first
  const files: Record<string, string> = {}
  let verdict = first
  for (let round = 0; round < ROUNDS; round++) {
    if (!addScripts(files, verdict, read)) return verdict
    verdict = strengthened(first, decide({ ...request, files }, compiled))
  }
  return verdict
}

/** True where something new came into view. */
function addScripts(files: Record<string, string>, { effects }: Verdict, read: ReadScript): boolean {
  let isNew = false
  for (const { verb, on, host } of effects) {
    if (verb !== 'path.exec' || on.kind !== 'path' || host !== undefined) continue
    const path = literalPath(on.path)
    if (path === undefined || Object.hasOwn(files, path) || Object.keys(files).length === MOST) continue
    const text = read(path)
    if (text === undefined || !isShellScript(path, text)) continue
    files[path] = text
    isNew = true
  }
  return isNew
}

function isShellScript(path: string, text: string): boolean {
  if (text.includes('\0')) return false
  const line = text.slice(0, Math.max(0, text.indexOf('\n')))
  return text.startsWith('#!') ? /\b(?:ba|da|z|k)?sh\b/.test(line) : /\.(?:sh|bash)$/.test(path)
}

function strengthened(first: Verdict, { reasons, effects }: Verdict): Verdict {
  const key = ({ rule, params, verdict }: Reason) => JSON.stringify([rule, params, verdict])
  const had = new Set(first.reasons.map(key))
  const kept = reasons.filter(
    (one) =>
      had.has(key(one)) ||
      ((one.kind === 'forbidden' || one.kind === 'approval') && one.params['access'] !== 'read'),
  )
  const isDenied = kept.some(({ verdict }) => verdict === 'deny')
  const verdict = isDenied ? 'deny' : kept.length > 0 ? 'ask' : 'allow'
  // What is known of a script can take a doubt away; the answer never falls by it.
  return STRENGTH[verdict] < STRENGTH[first.verdict] ? first : { verdict, reasons: kept, effects }
}
const STRENGTH = { allow: 0, ask: 1, deny: 2 } as const
