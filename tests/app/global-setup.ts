// Around a run of the app tests. `up` as root makes the accounts of gate and store where they are missing. They are made before any test
// starts, since hosts that are up see the machine's /etc, locks included, and what was made here goes with the run.
import { ensureAccounts } from '../../src/install/up/accounts.ts'
import { run } from '../../src/sys/process.ts'
import { bundle } from '../bundle.ts'
import { noteDirectories } from '../left-over.ts'

export async function setup(): Promise<() => Promise<void>> {
  await bundle()
  const takeAway = noteDirectories()
  if (process.getuid?.() !== 0) return takeAway
  const { made } = await ensureAccounts()
  return async () => {
    await takeAway()
    for (const name of made) {
      await run(['userdel', name])
      await run(['groupdel', name])
    }
  }
}
