// Whether the file system refuses to change a file because of the attribute `immutable` or `append-only`.
import type { run } from '../sys/process.ts'

/** Immutable, or open to appending only. */
export async function isImmutable(real: string, exec: typeof run): Promise<boolean> {
  const attributes = await exec(['lsattr', '-d', '--', real], { timeoutMs: 5000 })
  const flags = attributes.code === 0 ? (attributes.stdout.split(' ')[0] ?? '') : ''
  return /[ia]/.test(flags)
}
