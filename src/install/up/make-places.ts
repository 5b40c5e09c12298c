// The directories of an installation, each its account's, whatever umask says. What root makes for the accounts lies only where nobody
// else could have put something in its way: a link there would hand out what it leads to.
import { chmod, lchown, lstat, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeAbove, makeGuardPlaces, ownDirectory, whereItLeads } from '../../agents/guard-places.ts'
import type { Places } from '../../app/places.ts'
import { SekishoError } from '../../base/error.ts'
import { watchPlacesOf } from '../../checks/watch-places.ts'
import { untrustedComponent } from '../../sys/files.ts'
import { run } from '../../sys/process.ts'
import type { Account, Accounts } from './accounts.ts'

/**
 * Directories with the modes of spine §1. Twice is once, and what stands there of an installation under another umask, or of a machine on
 * which the accounts had other numbers, is mended. Throws runner.untrusted_path, file.*.
 */
export async function makePlaces(places: Places, accounts: Accounts | undefined): Promise<void> {
  if (accounts !== undefined)
    for (const path of [places.data, places.guardDirectory, places.etc]) await requireRoots(path)
  await makeAbove(places.data, accounts !== undefined)
  const own = (path: string, mode: number, account?: Account) =>
    ownDirectory(path, mode, accounts === undefined ? 'made' : (account ?? 'root'))
  await own(await whereItLeads(places.data), 0o755)
  await own(join(places.data, 'run'), 0o755)
  await ownDirectory(join(places.data, 'log'), 0o755, 'made')
  await own(places.gateDirectory, 0o755, accounts?.gate)
  await makeGuardPlaces(places.guardDirectory, accounts?.gate)
  await makeWatchPlaces(places.data, accounts)
  // Compiled sources, each part's own: what one part writes no other runs.
  await own(join(places.data, 'cache'), 0o755)
  await own(join(places.data, 'cache', 'runner'), 0o700)
  await own(join(places.data, 'cache', 'gate'), 0o700, accounts?.gate)
  await own(join(places.data, 'cache', 'watch'), 0o700, accounts?.watch)
  await makeAbove(places.etc, accounts !== undefined)
  await ownDirectory(await whereItLeads(places.etc), 0o750, 'made')
  await ownDirectory(join(places.etc, 'compiled'), 0o750, 'made')
  if (accounts === undefined) return
  await letRead(places, accounts.gate)
  await adoptState(places, accounts.gate)
}

/** Of sekisho-watch; the gate takes rounds from its spool by its group, and leaves in the outbox what is to be sent. */
async function makeWatchPlaces(data: string, accounts: Accounts | undefined): Promise<void> {
  const { directory, spool, state, outbox } = watchPlacesOf(join(data, 'watch'))
  const shared = (account: Account | undefined) =>
    accounts === undefined || account === undefined ? 'made' : { uid: account.uid, gid: accounts.gate.gid }
  await ownDirectory(directory, 0o2750, shared(accounts?.watch))
  await ownDirectory(spool, 0o2770, shared(accounts?.watch))
  await ownDirectory(state, 0o700, accounts?.watch ?? 'made')
  await ownDirectory(
    outbox,
    0o750,
    accounts === undefined ? 'made' : { uid: accounts.gate.uid, gid: accounts.watch.gid },
  )
}

/** Throws runner.untrusted_path where somebody else can write to what is there of the path, as it is typed and as it leads. */
async function requireRoots(path: string): Promise<void> {
  let there = path
  while ((await lstat(there).catch(() => undefined)) === undefined && there !== '/') there = dirname(there)
  const untrusted = (await untrustedComponent(there)) ?? (await untrustedComponent(await realpath(there)))
  if (untrusted !== undefined) throw new SekishoError('runner.untrusted_path', { ...untrusted })
}

/**
 * The gate reads the rules by its group: written before there was an account, or brought from another machine, they were nobody's that it
 * is. Nothing is taken away here: rules that others can write must be seen to be so.
 */
async function letRead(places: Places, gate: Account): Promise<void> {
  const compiled = join(places.etc, 'compiled')
  for (const [path, bits] of [
    [places.etc, 0o050],
    [compiled, 0o050],
    [places.source, 0o040],
    [places.compiledRunner, 0o040],
    [places.applied, 0o040],
  ] as const) {
    const seen = await lstat(path).catch(() => undefined)
    if (seen === undefined || seen.isSymbolicLink() || seen.uid !== 0) continue
    if (seen.gid !== gate.gid) await lchown(path, seen.uid, gate.gid)
    const mode = seen.mode & 0o7777
    if ((mode & bits) !== bits) await chmod(path, mode | bits)
  }
}

/** What is the gate's, where it came from a machine on which the account had another number. */
async function adoptState(places: Places, account: Account): Promise<void> {
  for (const path of [join(places.data, 'cache', 'gate'), places.gateFile]) {
    const seen = await lstat(path).catch(() => undefined)
    if (seen === undefined || (seen.uid === account.uid && seen.gid === account.gid)) continue
    const owned = await run(['chown', '-R', '-h', '--', `${account.uid}:${account.gid}`, path], {
      timeoutMs: 600_000,
    })
    if (owned.code !== 0)
      throw new SekishoError('process.failed', {
        program: 'chown',
        why: (owned.notStarted ?? owned.stderr).trim().slice(0, 300),
      })
  }
}
