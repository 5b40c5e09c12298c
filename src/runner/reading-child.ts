// Starts a small life of this very program that reads what candidate code has written: as nobody, without a network, bounded in memory, time and output.
// What it answers is believed as little as what it was given.
import { JsonError, parseJson } from '../base/json.ts'
import { codeOf, withoutRights } from '../snapshot/content.ts'
import type { run } from '../sys/process.ts'

export interface ReadingChild {
  readonly process: typeof run
  /** `node runner.mjs`, and what else starts the runner's own code. */
  readonly command: readonly string[]
  /** We are root, and may give rights away. */
  readonly root: boolean
  readonly signal?: AbortSignal
}

const HEAP_MB = 1024
const OUTPUT_MAX = 67_108_864
const TIMEOUT_MS = 60_000
const FIRST_DESCRIPTOR = 3

export async function askReadingChild(
  child: ReadingChild,
  life: 'reports' | 'impact',
  input: Uint8Array | string,
): Promise<{ readonly value: unknown } | { readonly why: string }> {
  const heap = `--max-old-space-size=${HEAP_MB}`
  const [node = '', ...script] = child.command
  using code = child.root ? codeOf([...child.command, life]) : undefined
  const argv =
    code === undefined
      ? [node, heap, ...script, life]
      : ['unshare', '--net', '--', ...withoutRights(code.argv(FIRST_DESCRIPTOR, [heap]))]
  const said = await child.process(argv, {
    input,
    timeoutMs: TIMEOUT_MS,
    maxOutput: OUTPUT_MAX,
    killOnOverflow: true,
    ...(code === undefined ? {} : { descriptors: code.descriptors }),
    ...(child.signal === undefined ? {} : { signal: child.signal }),
  })
  if (said.code !== 0)
    return { why: said.timedOut ? 'time' : (said.signal ?? said.notStarted ?? `exit ${said.code}`) }
  try {
    return { value: parseJson(said.stdout) }
  } catch (cause) {
    if (cause instanceof JsonError) return { why: 'answer' }
    throw cause
  }
}
