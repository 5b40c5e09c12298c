// Tells systemd which addresses the unit of sekisho-watch may reach: those that the rules declare, those of the names that they declare, and no
// other. It holds at once, for the process that runs too, and after a boot.
import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { parseJson } from '../base/json.ts'
import { allowedAddresses } from '../checks/reach.ts'
import { compiledPolicy } from '../plans/policy.ts'
import { readRegular } from '../sys/files.ts'
import { run } from '../sys/process.ts'
import { keepTimer, type NamePlaces, resolveNames } from './watch-names.ts'

const UNIT = 'sekisho-watch.service'
const UNIT_FILE = `/etc/systemd/system/${UNIT}`
/** Where systemd keeps what `set-property` says. */
const KEPT = `/etc/systemd/system.control/${UNIT}.d`

/**
 * By the compiled rules in this file, which the unit is started with. Nothing where there is no such unit here, or no rules: then it reaches this
 * machine alone. Throws process.failed where systemd refuses.
 */
export async function limitNetwork(places: NamePlaces): Promise<void> {
  const policyFile = places.compiledRunner
  if (process.getuid?.() !== 0) return
  const text = (await readRegular(UNIT_FILE, 65_536).catch(() => undefined))?.bytes.toString('utf8')
  if (text?.includes(` --policy ${policyFile}\n`) !== true) return
  const rules = (await readRegular(policyFile, 4_194_304))?.bytes.toString('utf8')
  const policy = rules === undefined ? undefined : decode(compiledPolicy, parseJson(rules))
  if (policy?.ok !== true) return
  const reach = await resolveNames(policyFile, policy.value)
  const allowed = allowedAddresses(reach)
  // The empty value forgets what was allowed before.
  const done = await run(
    ['systemctl', 'set-property', UNIT, 'IPAddressAllow=', ...allowed.map((one) => `IPAddressAllow=${one}`)],
    {
      timeoutMs: 30_000,
    },
  )
  if (done.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'systemctl set-property',
      why: (done.notStarted ?? done.stderr).trim().slice(0, 300),
    })
  await keepTimer(places, reach.declared > 0)
}

/** What `set-property` has left, and the timer, for who takes the unit away. */
export async function forgetNetwork(places: NamePlaces): Promise<void> {
  await keepTimer(places, false)
  await rm(join(KEPT, '50-IPAddressAllow.conf'), { force: true })
  await rmdir(KEPT).catch(() => {}) // Somebody's own properties lie there, or there is none.
}
