// The host's systemd journal as a log with a mark: what a unit, or PID 1, has written since.
import type { run } from '../sys/process.ts'

type Run = typeof run

/** A cursor of the journal's end; undefined where there is no journal. */
export async function markJournal(exec: Run): Promise<string | undefined> {
  const result = await exec(['journalctl', '--no-pager', '--quiet', '--lines=0', '--show-cursor'])
  return /^-- cursor: (\S+)$/m.exec(result.stdout)?.[1]
}

/** Message texts since the cursor, at most the last 500. Undefined where the journal cannot be read. */
export async function journalSince(
  cursor: string | undefined,
  of: { readonly unit: string } | { readonly pid: number },
  exec: Run,
): Promise<readonly string[] | undefined> {
  if (cursor === undefined) return undefined
  const match = 'unit' in of ? [`--unit=${of.unit}`] : [`_PID=${of.pid}`]
  const argv = [
    'journalctl',
    '--no-pager',
    '--quiet',
    '--output=cat',
    '--lines=500',
    `--after-cursor=${cursor}`,
    ...match,
  ]
  const result = await exec(argv, { timeoutMs: 20_000, maxOutput: 1_048_576 })
  if (result.code !== 0) return undefined
  return result.stdout.split('\n').filter((line) => line !== '')
}
