// What of an environment file can be put back after it was kept. A variable that the change added is removed again. The earlier value of any
// other was read by nobody but the runner, and is kept nowhere: a person has to give it.
import { readSections } from './diff-shown.ts'

export interface EnvBack {
  readonly path: string
  readonly added: readonly string[]
  /** Changed or removed: the earlier value has to be given. */
  readonly valued: readonly string[]
}

const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The environment files of a difference: their lines are names of variables, and no head of a hunk stands before them. */
export function envBacks(diff: string): readonly EnvBack[] {
  return readSections(diff).flatMap(({ path, becomes, rows }) => {
    const isEnv = becomes === 'changed' && rows.length > 0
    if (!isEnv || !rows.every(({ head, shown }) => head === undefined && KEY.test(shown))) return []
    const named = (isOf: (mark: string) => boolean) =>
      rows.filter(({ mark }) => isOf(mark)).map(({ shown }) => shown)
    return [{ path, added: named((mark) => mark === '+'), valued: named((mark) => mark !== '+') }]
  })
}

/** The options of `sekisho do config` that put it back, with the values that a person has to know. */
export const envOptions = ({ path, added, valued }: EnvBack): string =>
  [
    `--env ${path}`,
    ...valued.map((key) => `--set ${key}=VALUE`),
    ...added.map((key) => `--unset ${key}`),
  ].join(' ')
