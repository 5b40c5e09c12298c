// Values that the inventory itself declares for all to read: addresses of health and probes and their parts, files, logs, units. A dotenv
// variable that equals one of them is no secret, and taking it out would make the texts about it unreadable. Pure.
import type { Service } from '../plans/policy.ts'

export function publicValues(services: readonly Service[]): ReadonlySet<string> {
  const values = new Set<string>()
  for (const { name, unit, health, files, logs } of services) {
    values.add(name)
    if (unit !== undefined) values.add(unit)
    for (const path of Object.values(logs)) values.add(path)
    for (const file of files) {
      values.add(file.path)
      for (const part of partsOf(file.probe?.url)) values.add(part)
    }
    for (const part of partsOf(health?.url)) values.add(part)
  }
  return values
}

/** The address, its origin, `host:port` and host; never the user's part of it. */
function partsOf(address: string | undefined): readonly string[] {
  if (address === undefined || !URL.canParse(address)) return []
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') return [url.host, url.hostname]
  return [address, url.href, url.origin, `${url.origin}/`, url.host, url.hostname]
}
