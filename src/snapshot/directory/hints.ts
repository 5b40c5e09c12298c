// Where in a tree there are attributes and ACLs: a few files are asked one by one, and of a large tree somebody says it at once, while it is still
// being counted. Only a hint: what it names is read by descriptor, and whatever has changed since is asked for itself.
import { whereExtras } from '../../tree/attributes.ts'
import { statOf } from '../../tree/openat.ts'
import type { WriteRequest } from './request.ts'

/** So few are asked by descriptor. */
export const FEW = 512

export interface Hint {
  /** Paths as latin1. Undefined: not to be relied on. */
  readonly names: ReadonlySet<string> | undefined
  /** What has changed since then, nobody has looked at. */
  readonly fromNs: bigint
  /** Of which directory this was said. */
  readonly root: string
}

/** What was asked of the trees of one run. None of it is under way any more when this is disposed of. */
export interface Hints extends AsyncDisposable {
  /** `root` may be closed when this returns. */
  readonly ask: (item: string, root: number) => void
  of(item: string, root: number): Promise<Hint>
  /** Was it asked already? */
  has(item: string): boolean
}

export function openHints({ run, clock, signal }: Pick<WriteRequest, 'run' | 'clock' | 'signal'>): Hints {
  const asked = new Map<string, Promise<Hint>>()
  const over = new AbortController()
  const ending = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal])
  const ask = (item: string, root: number): Promise<Hint> => {
    const fromNs = BigInt(clock.now()) * 1_000_000n
    const name = nameOf(root)
    const hint = whereExtras(run, root, ending).then((names) => ({ names, fromNs, root: name }))
    // Whoever needs it is told of a failure.
    hint.catch(() => {})
    asked.set(item, hint)
    return hint
  }
  return {
    ask: (item, root) => void ask(item, root),
    of: async (item, root) => {
      const hint = await (asked.get(item) ?? ask(item, root))
      return hint.root === nameOf(root) ? hint : { ...hint, names: undefined }
    },
    has: (item) => asked.has(item),
    [Symbol.asyncDispose]: async () => {
      over.abort()
      await Promise.allSettled(asked.values())
    },
  }
}

function nameOf(root: number): string {
  const { dev, ino } = statOf(root)
  return `${dev}:${ino}`
}
