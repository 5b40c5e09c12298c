// What `doctor` sees by itself, where the gate tells it nothing: it is down, or does not know who asks.
import { existsSync } from 'node:fs'
import { lstat, statfs } from 'node:fs/promises'
import { type Places, placesOf, SYSTEM_DATA, SYSTEM_ETC } from '../app/places.ts'
import type { DoctorFact } from '../contract/gate.ts'
import type { Call } from './command.ts'

/** Below this the store does not start, nor does anything new. */
const FLOOR_BYTES = 64 * 1_048_576

export async function factsHere(call: Call): Promise<readonly DoctorFact[]> {
  const { data, compiledRunner, source } = placesMeant(call)
  const facts: DoctorFact[] = []
  if (await isMissing(compiledRunner))
    facts.push({
      name: 'policy',
      state: 'bad',
      code: (await isMissing(source)) ? 'doctor.no_rules' : 'doctor.rules_never_applied',
      values: { path: source },
    })
  const space = await statfs(data).catch(() => undefined)
  const bytes = space === undefined ? undefined : space.bavail * space.bsize
  if (bytes !== undefined && bytes < FLOOR_BYTES)
    facts.push({
      name: 'disk',
      state: 'bad',
      code: 'doctor.disk_low',
      values: { path: data, bytes, floor: FLOOR_BYTES },
    })
  return facts
}

/** Those of the gate that would be asked; who has none of their own means the system's. */
function placesMeant({ place, uid }: Call): Places {
  const own = placesOf(place.socket?.data ?? place.data)
  return uid !== 0 && !existsSync(own.etc) && existsSync(SYSTEM_ETC) ? placesOf(SYSTEM_DATA) : own
}

/** Not to be seen is not missing: the directory of the rules is root's and the gate's. */
const isMissing = (path: string) =>
  lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )
