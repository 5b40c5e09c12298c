// Children that parse what others wrote: our own code in a process without our capabilities. It gets descriptors and a text, and answers
// with JSON.
import { readFileSync } from 'node:fs'
import { type RunOptions, run } from '../sys/process.ts'

/** Undefined where it ended without an answer. */
export async function runChild(
  self: readonly string[],
  life: string,
  input: string,
  options: Pick<RunOptions, 'descriptors' | 'maxOutput' | 'timeoutMs' | 'signal'>,
): Promise<unknown> {
  const [node = '', script = ''] = self
  const result = await run([...withoutRights(), node, '--max-old-space-size=256', script, life], {
    ...options,
    input,
  })
  if (result.code !== 0) return undefined
  try {
    return JSON.parse(result.stdout) as unknown
  } catch {
    return undefined
  }
}

let isPrivileged: boolean | undefined
/** Capabilities come to a child only as ambient ones; where there are none, nothing has to be taken away. */
export function withoutRights(): readonly string[] {
  isPrivileged ??= /^CapAmb:\t0*[1-9a-f]/m.test(readFileSync('/proc/self/status', 'utf8'))
  return isPrivileged ? ['setpriv', '--ambient-caps=-all', '--inh-caps=-all', '--no-new-privs', '--'] : []
}
