// Asks the package manager what it would upgrade, without changing anything, and reads how old its lists are.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Judged } from '../checks/items.ts'
import { isSecuritySuite, judgeUpdates, releaseOf } from '../checks/updates.ts'
import { run } from '../sys/process.ts'

const LISTS = '/var/lib/apt/lists'
const HEAD_BYTES = 8192
const PROCESSES_AT_MOST = 5000

export async function readUpdates(now: number, signal: AbortSignal): Promise<readonly Judged[]> {
  const names = (await readdir(LISTS).catch(() => [])).filter(isSecuritySuite)
  const releases = await Promise.all(
    names.map(async (name) =>
      releaseOf(name, (await readFile(join(LISTS, name), 'utf8').catch(() => '')).slice(0, HEAD_BYTES)),
    ),
  )
  const simulated = await run(['apt-get', '-s', '-o', 'Debug::NoLocking=1', 'dist-upgrade'], {
    timeoutMs: 45_000,
    maxOutput: 4_194_304,
    signal,
  })
  if (simulated.notStarted !== undefined)
    return [{ state: 'no_data', code: 'check.updates_no_apt', values: { why: simulated.notStarted } }]
  if (simulated.code !== 0 || simulated.overflowed)
    return [
      {
        state: 'no_data',
        code: 'check.updates_failed',
        values: { why: simulated.stderr.trim().slice(0, 200) },
      },
    ]
  const held = await run(['apt-mark', 'showhold'], { timeoutMs: 10_000, signal })
  return judgeUpdates(
    {
      releases,
      simulated: simulated.stdout,
      held: held.code === 0 ? held.stdout.split('\n').filter((one) => one !== '') : undefined,
      ...(await runningOld()),
    },
    now,
  )
}

/** Processes that map a library whose file was replaced since. */
async function runningOld(): Promise<{ readonly runningOld: readonly string[]; readonly unseen: number }> {
  const found = new Set<string>()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  let unseen = Math.max(0, pids.length - PROCESSES_AT_MOST)
  for (const pid of pids.slice(0, PROCESSES_AT_MOST)) {
    const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch((error: NodeJS.ErrnoException) =>
      // ENOENT, ESRCH: it ended meanwhile.
      error.code === 'EACCES' || error.code === 'EPERM' ? undefined : '',
    )
    if (maps === undefined) {
      unseen += 1
      continue
    }
    if (!/ \/(?:usr\/)?lib[^\n]*\.so[^\n]* \(deleted\)$/m.test(maps)) continue
    found.add((await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => pid)).trim())
  }
  return { runningOld: [...found].sort(), unseen }
}
