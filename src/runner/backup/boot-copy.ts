// The service of a backup, started on its copy in a room: the level *booted* is said of what was really looked at, and of nothing else.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bootRoom } from '../../rehearsal/boot.ts'
import { codeOf } from '../../rehearsal/call-spec.ts'
import { healthInside, placesAround } from '../../rehearsal/service-places.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { withPlace } from '../../room/place.ts'
import type { BootFound } from '../../snapshot/work.ts'
import { systemRandom } from '../../sys/clock.ts'
import { passableDirectory } from '../../sys/files.ts'
import { readOwners } from '../../tree/owners.ts'
import { idleReleases } from '../beside/given.ts'
import { roomPorts } from '../code/build.ts'
import { layOutCopy } from '../code/data-clone.ts'
import type { BootCopy } from './jobs.ts'

const ALL_MS = 1_800_000

const notLooked = (why: string): BootFound => ({ found: 'not_looked', why: `clone: ${why}` })

export const bootCopy: BootCopy = async (copy, { parts, service, signal }) => {
  const { unit: name, data = [], databases = [], code } = service
  if (!parts.systemctl || name === undefined) return notLooked('no_systemd')
  // A database would have to be that of the copy too, with the roles that its service logs in as.
  if (databases.length > 0) return notLooked('unavailable')
  const health = healthInside(service)
  if (health === undefined) return notLooked('no_health')
  const unit = await readRehearsedUnit(name, { run: parts.process, signal })
  await passableDirectory(parts.place.rooms)
  return withPlace(parts.place.rooms, async (directory) => {
    const laid = await layOutCopy(copy, { parts, service, directory, note: async () => {}, signal })
    if (data.some(({ dir }) => laid.from(dir) === undefined)) return notLooked('not_cloned')
    const around = placesAround({
      service,
      unit,
      code: codeOf(service, unit, idleReleases(service), existsSync),
      kind: 'live',
      dataFrom: laid.from,
      isThere: existsSync,
    })
    const { fault, ms, output } = await bootRoom(
      { ...(await roomPorts(parts)), clock: parts.clock, random: systemRandom, owners: readOwners() },
      {
        unit,
        health,
        places: around.places,
        given: {},
        live: around.within,
        secrets: { ...around.secrets, real: code?.rehearse.realSecrets ?? [] },
        limits: { seconds: Math.ceil((code?.rehearse.withinMs ?? ALL_MS) / 1000) },
        signal,
        ...(code?.smoke === undefined
          ? {}
          : { smoke: { argv: code.smoke.argv, cwd: runsAt(code.repo), withinMs: code.smoke.withinMs } }),
      },
    )
    if (fault === undefined) return { found: 'healthy', ms }
    parts.log('a service did not get well on a copy', { service: service.name, output: output.slice(-2000) })
    const why = [
      `${fault.step}: ${fault.code}`,
      ...(fault.exit === undefined ? [] : [String(fault.exit)]),
    ].join(' ')
    // A room that could not be had says nothing of the copy.
    const isLooked = fault.step !== 'clone' && fault.code !== 'unavailable' && fault.code !== 'cancelled'
    return { found: isLooked ? 'sick' : 'not_looked', why }
  })
}

function runsAt({ deploy, path }: { readonly deploy: string; readonly path: string }): string {
  return deploy === 'releases' ? join(path, 'current') : path
}
