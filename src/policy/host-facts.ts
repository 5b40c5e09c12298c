// What `config apply` adds to the guard's file from the host: facts that no line of sekisho.yaml holds. They belong to no version of the rules.
import type { GuardPolicy, ProtectRow } from '../guard/policy.ts'

export interface HostFacts {
  /** By data directory: the top of the git tree that tracks files in it. */
  readonly trees: Readonly<Record<string, string>>
  /** Private keys that nginx or a unit names. */
  readonly keys: readonly string[]
}

export function withHostFacts(guard: GuardPolicy, { trees, keys }: HostFacts): GuardPolicy {
  const known = new Set(guard.protect.filter(({ kind }) => kind === 'secret').flatMap(({ paths }) => paths))
  const paths = keys.filter((path) => !known.has(path))
  const row: ProtectRow = {
    name: 'private keys',
    kind: 'secret',
    paths,
    read: 'deny',
    write: 'deny',
    delete: 'deny',
  }
  return {
    ...guard,
    protect: [
      ...guard.protect.map((one) => {
        const tree = one.kind === 'data' && Object.hasOwn(trees, one.name) ? trees[one.name] : undefined
        return tree === undefined ? one : { ...one, tree }
      }),
      ...(paths.length === 0 ? [] : [row]),
    ],
  }
}
