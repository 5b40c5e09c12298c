// Effects to answers. A rule speaks of an effect and never of a text: which verb, on what, how far (guard §7).
import type { Effect, Verb } from './effect.ts'
import { type Path, reach, showPath } from './path.ts'
import type { Answer, Compiled, ProtectRow } from './policy.ts'
import { pattern } from './policy.ts'
import { CODE_RULES } from './rules/code.ts'
import { DATABASE_RULES } from './rules/database.ts'
import { GIT_RULES } from './rules/git.ts'
import { HOST_RULES } from './rules/host.ts'
import { INFRA_RULES } from './rules/infra.ts'
import { NETWORK_RULES } from './rules/network.ts'
import type { Rule } from './rules/rule.ts'
import { SELF_RULES } from './rules/self.ts'
import type { Span } from './tree.ts'
import type { World } from './world.ts'

export interface Judged {
  readonly rule: string
  readonly kind: 'forbidden' | 'approval' | 'unclear' | 'limit'
  readonly verdict: Answer
  readonly params: Readonly<Record<string, string>>
  readonly span?: Span
}

const BY_VERB: Partial<Record<Verb, Rule>> = {
  ...GIT_RULES,
  ...HOST_RULES,
  ...INFRA_RULES,
  ...DATABASE_RULES,
  ...CODE_RULES,
  ...NETWORK_RULES,
  ...SELF_RULES,
}

type Access = 'read' | 'write' | 'delete'
const ACCESS: Partial<Record<Verb, Access>> = {
  'path.read': 'read',
  'net.upload': 'read',
  'path.exec': 'read',
  'path.write': 'write',
  'path.append': 'write',
  'path.create': 'write',
  'path.delete': 'delete',
  'path.move': 'delete',
  'path.chmod': 'write',
  'path.chown': 'write',
  'path.link': 'read',
  'path.mount': 'write',
  'device.overwrite': 'write',
}

export function judgeEffect(
  effect: Effect,
  compiled: Compiled,
  _actor: 'agent' | 'person',
): readonly Judged[] {
  const all: Judged[] = []
  if (effect.on.kind === 'path') all.push(...judgePath(effect, effect.on.path, compiled))
  const rule = BY_VERB[effect.verb]
  if (rule !== undefined) all.push(verdictOf(rule, compiled))
  return all
}

function verdictOf(rule: Rule, { policy }: Compiled, params: Judged['params'] = {}): Judged {
  const verdict = policy.rules[rule.rule] ?? rule.verdict
  return {
    rule: rule.rule,
    kind: rule.kind ?? (verdict === 'deny' ? 'forbidden' : 'approval'),
    verdict,
    params,
  }
}

function judgePath(effect: Effect, target: Path, compiled: Compiled): readonly Judged[] {
  const access = ACCESS[effect.verb]
  if (access === undefined) return []
  const all: Judged[] = []
  for (const row of compiled.protect) {
    const verdict = row[access]
    if (verdict === 'allow') continue
    if (!touches(effect, target, row.patterns, access)) continue
    if (row.exceptions.some((one) => reach(target, one).inside && reach(target, one).exact)) continue
    const unknown = effect.certainty === 'unknown' || target.loose
    all.push({
      rule: `protect.${row.kind}`,
      verdict: unknown && verdict === 'deny' ? 'ask' : verdict,
      kind: unknown ? 'unclear' : verdict === 'deny' ? 'forbidden' : 'approval',
      params: { name: row.name, path: showPath(target), access, ...source(row) },
    })
  }
  all.push(...judgeSystem(effect, target, access, compiled))
  return all
}

const source = (row: ProtectRow): Readonly<Record<string, string>> => ({
  ...(row.source === undefined ? {} : { source: row.source }),
  ...(row.service === undefined ? {} : { service: row.service }),
})

function touches(effect: Effect, target: Path, patterns: readonly Path[], access: Access): boolean {
  const covers = effect.recursive === true || (access === 'delete' && effect.verb === 'path.move')
  return patterns.some((one) => {
    const found = reach(target, one)
    // Reading a tree that holds a secret is another rule's question (guard §0).
    return found.inside || (covers && access !== 'read' && found.above)
  })
}

/** The machine itself: never deleted, overwritten or re-owned as a whole. */
const SYSTEM = [
  '/',
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/home/*',
  '/lib',
  '/lib64',
  '/mnt',
  '/mnt/*',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/srv',
  '/sys',
  '/usr',
  '/usr/*',
  '/var',
  '/var/*',
  '/Users',
  '/Users/*',
  '/System',
  '/Library',
  '/Applications',
  '/private',
  '/private/*',
].map(pattern)

function judgeSystem(effect: Effect, target: Path, access: Access, compiled: Compiled): readonly Judged[] {
  if (access === 'read') return []
  const params = { path: showPath(target), access }
  if (
    access === 'delete' &&
    effect.recursive === true &&
    SYSTEM.some((one) => reach(target, one).inside && sameDepth(target, one))
  )
    return [verdictOf({ rule: 'fs.system', verdict: 'deny' }, compiled, params)]
  return []
}

const sameDepth = (target: Path, one: Path) =>
  target.segments.length >= one.segments.length || target.segments.includes('tree')

export function judgeUnclear(world: World, compiled: Compiled): readonly Judged[] {
  return world.unclear
    .slice(0, 1)
    .flatMap(({ why, span }) =>
      why === 'unknown code'
        ? [{ ...verdictOf({ rule: 'exec.unknown', verdict: 'ask', kind: 'unclear' }, compiled), span }]
        : [],
    )
}
